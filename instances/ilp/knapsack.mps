NAME          KNAPSACK
OBJSENSE
    MAX
ROWS
 N  VALUE
 L  WEIGHT
COLUMNS
    MARKER                 'MARKER'                 'INTORG'
    TENT      VALUE               25   WEIGHT              12
    STOVE     VALUE               10   WEIGHT               4
    ROPE      VALUE               14   WEIGHT               6
    LAMP      VALUE                9   WEIGHT               3
    BOOTS     VALUE               18   WEIGHT               9
    MAP       VALUE                6   WEIGHT               1
    WATER     VALUE               21   WEIGHT              10
    MARKER                 'MARKER'                 'INTEND'
RHS
    RHS       WEIGHT              26
BOUNDS
 UP BND       TENT                 1
 UP BND       STOVE                1
 UP BND       ROPE                 1
 UP BND       LAMP                 1
 UP BND       BOOTS                1
 UP BND       MAP                  1
 UP BND       WATER                1
ENDATA
