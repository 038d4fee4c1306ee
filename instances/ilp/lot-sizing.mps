NAME lot-sizing
* Batches of 25 units, set-up cost, stock cost, at most 4 batches a period; overhead 100
ROWS
 N cost
 E balance1
 L setup1
 E balance2
 L setup2
 E balance3
 L setup3
 E balance4
 L setup4
 E balance5
 L setup5
 E balance6
 L setup6
 G total
COLUMNS
 M1 'MARKER' 'INTORG'
 batches1 cost 30 balance1 25
 batches1 setup1 1 total 1
 batches2 cost 30 balance2 25
 batches2 setup2 1 total 1
 batches3 cost 30 balance3 25
 batches3 setup3 1 total 1
 batches4 cost 30 balance4 25
 batches4 setup4 1 total 1
 batches5 cost 30 balance5 25
 batches5 setup5 1 total 1
 batches6 cost 30 balance6 25
 batches6 setup6 1 total 1
 on1 cost 80 setup1 -4
 on2 cost 80 setup2 -4
 on3 cost 80 setup3 -4
 on4 cost 80 setup4 -4
 on5 cost 80 setup5 -4
 on6 cost 80 setup6 -4
 M2 'MARKER' 'INTEND'
 stock1 cost 0.5 balance1 -1
 stock1 balance2 1
 stock2 cost 0.5 balance2 -1
 stock2 balance3 1
 stock3 cost 0.5 balance3 -1
 stock3 balance4 1
 stock4 cost 0.5 balance4 -1
 stock4 balance5 1
 stock5 cost 0.5 balance5 -1
 stock5 balance6 1
 stock6 cost 0.5 balance6 -1
RHS
 RHS cost -100
 RHS balance1 40
 RHS balance2 65
 RHS balance3 20
 RHS balance4 90
 RHS balance5 55
 RHS balance6 70
 RHS total 14
RANGES
 RNG total 4
BOUNDS
 UI BND batches1 4
 BV BND on1
 UI BND batches2 4
 BV BND on2
 UI BND batches3 4
 BV BND on3
 UI BND batches4 4
 BV BND on4
 UI BND batches5 4
 BV BND on5
 UI BND batches6 4
 BV BND on6
 UP BND stock1 60
 UP BND stock2 60
 UP BND stock3 60
 UP BND stock4 60
 UP BND stock5 60
 UP BND stock6 60
ENDATA
