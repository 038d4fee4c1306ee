NAME diet
* A linear program: cheapest diet with bounds on energy, protein and sugar
ROWS
 N cost
 G energy
 G protein
 L sugar
COLUMNS
 oats cost 0.3 energy 110
 oats protein 4 sugar 2
 chicken cost 2.4 energy 205
 chicken protein 32
 eggs cost 1.3 energy 160
 eggs protein 13 sugar 1
 milk cost 0.9 energy 160
 milk protein 8 sugar 12
 pie cost 2.0 energy 420
 pie protein 4 sugar 22
RHS
 RHS energy 2000 protein 55
 RHS sugar 60
RANGES
 RNG energy 500
BOUNDS
 UP BND oats 4
 UP BND chicken 3
 UP BND eggs 2
 UP BND milk 8
 UP BND pie 2
ENDATA
