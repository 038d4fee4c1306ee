NAME infeasible
* Three nurses each work two of three shifts, yet every shift may take only one of them
ROWS
 N obj
 G ann
 G bob
 G eve
 L early
 L late
 L night
COLUMNS
 M1 'MARKER' 'INTORG'
 ann-early ann 1 early 1
 ann-late ann 1 late 1
 ann-night ann 1 night 1
 bob-early bob 1 early 1
 bob-late bob 1 late 1
 bob-night bob 1 night 1
 eve-early eve 1 early 1
 eve-late eve 1 late 1
 eve-night eve 1 night 1
 M2 'MARKER' 'INTEND'
RHS
 RHS ann 2 bob 2
 RHS eve 2
 RHS early 1 late 1
 RHS night 1
ENDATA
