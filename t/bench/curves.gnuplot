# Rate and latency against clients: gnuplot -e "curves='FILE'; count=N" (blocks written by t/bench/report.py) to standard output.
set terminal svg size 1000,900 background "white"
set multiplot layout 2,1
set logscale xy
set xlabel "clients"
set key outside right
set grid
set ylabel "answers a second"
plot for [i=0:count-1] curves index i using 1:2 with linespoints title columnheader(1)
set ylabel "latency, us (p50; p99 dashed)"
plot for [i=0:count-1] curves index i using 1:3 with linespoints title columnheader(1), \
     for [i=0:count-1] curves index i using 1:4 with lines dashtype 2 linecolor i+1 notitle
