// The workloads of workloads.hpp in Go: go build workloads.go; GOMAXPROCS=1 ./workloads stream.c64
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func check(correct bool) {
	if !correct {
		fmt.Fprintln(os.Stderr, "the sums do not match")
		os.Exit(1)
	}
}

func sumTo(n int64) int64 { return n * (n + 1) / 2 }

func since(t time.Time) float64 { return time.Since(t).Seconds() }

func scaled(took float64, n, did int64) float64 { return took * float64(n) / float64(did) }

func pingpong(n int64, capacity int) float64 {
	there, back := make(chan int64, capacity), make(chan int64, capacity)
	go func() {
		for i := int64(0); i <= n; i++ {
			back <- <-there + 1
		}
	}()
	there <- 0
	x := <-back
	begun := time.Now()
	for i := int64(0); i < n; i++ {
		there <- x
		x = <-back
	}
	took := since(begun)
	check(x == n+1)
	return took
}

func stream(n int64, capacity int) float64 {
	ch := make(chan int64, capacity)
	begun := time.Now()
	go func() {
		for i := int64(1); i <= n; i++ {
			ch <- i
		}
	}()
	sum := int64(0)
	for i := int64(1); i <= n; i++ {
		sum += <-ch
	}
	check(sum == sumTo(n))
	return since(begun)
}

func solo(n int64, capacity int) float64 {
	const burst = 512
	ch := make(chan int64, capacity)
	rounds := n/burst + 1
	sum := int64(0)
	begun := time.Now()
	for r := int64(0); r < rounds; r++ {
		for i := int64(1); i <= burst; i++ {
			ch <- i
		}
		for i := int64(1); i <= burst; i++ {
			sum += <-ch
		}
	}
	check(sum == rounds*sumTo(burst))
	return scaled(since(begun), n, rounds*burst)
}

func mpmc(n int64, capacity int, pairs int64) float64 {
	ch := make(chan int64, capacity)
	each := n/pairs + 1
	sum := int64(0)
	var tasks sync.WaitGroup
	begun := time.Now()
	for k := int64(0); k < pairs; k++ {
		tasks.Add(2)
		go func() {
			for i := int64(1); i <= each; i++ {
				ch <- i
			}
			tasks.Done()
		}()
		go func() {
			own := int64(0)
			for i := int64(1); i <= each; i++ {
				own += <-ch
			}
			atomic.AddInt64(&sum, own)
			tasks.Done()
		}()
	}
	tasks.Wait()
	check(sum == pairs*sumTo(each))
	return scaled(since(begun), n, pairs*each)
}

func fanin(n int64, capacity int, producers int64) float64 {
	ch := make(chan int64, capacity)
	each := n/producers + 1
	begun := time.Now()
	for k := int64(0); k < producers; k++ {
		go func() {
			for i := int64(1); i <= each; i++ {
				ch <- i
			}
		}()
	}
	sum := int64(0)
	for i := int64(0); i < each*producers; i++ {
		sum += <-ch
	}
	check(sum == producers*sumTo(each))
	return scaled(since(begun), n, producers*each)
}

func ring(n int64, capacity int, tasks int64) float64 {
	laps := n/tasks + 1
	first := make(chan int64, capacity)
	last := first
	for k := int64(0); k < tasks; k++ {
		from, to := last, make(chan int64, capacity)
		go func() {
			for i := int64(0); i <= laps; i++ {
				to <- <-from + 1
			}
		}()
		last = to
	}
	first <- 0
	token := <-last
	begun := time.Now()
	for i := int64(0); i < laps; i++ {
		first <- token
		token = <-last
	}
	took := since(begun)
	check(token == (laps+1)*tasks)
	return scaled(took, n, laps*tasks)
}

func sieve(n int64, primes int) float64 {
	prime := int64(0)
	begun := time.Now()
	for round := int64(0); round < n; round++ {
		var stop atomic.Bool
		in := make(chan int64)
		go func(out chan int64) {
			for i := int64(2); !stop.Load(); i++ {
				out <- i
			}
			close(out)
		}(in)
		for k := 0; k < primes; k++ {
			prime = <-in
			out := make(chan int64)
			go func(in, out chan int64, prime int64) {
				for v := range in {
					if v%prime != 0 {
						out <- v
					}
				}
				close(out)
			}(in, out, prime)
			in = out
		}
		stop.Store(true)
		for range in {
		}
	}
	check(primes != 500 || prime == 3571)
	return since(begun)
}

func produce(each int64, capacity int) chan int64 {
	ch := make(chan int64, capacity)
	go func() {
		for i := int64(1); i <= each; i++ {
			ch <- i
		}
	}()
	return ch
}

func select2(n int64, capacity int) float64 {
	each := n/2 + 1
	begun := time.Now()
	a, b := produce(each, capacity), produce(each, capacity)
	sum := int64(0)
	for i := int64(0); i < 2*each; i++ {
		select {
		case v := <-a:
			sum += v
		case v := <-b:
			sum += v
		}
	}
	check(sum == 2*sumTo(each))
	return scaled(since(begun), n, 2*each)
}

func select8(n int64, capacity int) float64 {
	each := n/8 + 1
	begun := time.Now()
	var c [8]chan int64
	for k := range c {
		c[k] = produce(each, capacity)
	}
	sum := int64(0)
	for i := int64(0); i < 8*each; i++ {
		select {
		case v := <-c[0]:
			sum += v
		case v := <-c[1]:
			sum += v
		case v := <-c[2]:
			sum += v
		case v := <-c[3]:
			sum += v
		case v := <-c[4]:
			sum += v
		case v := <-c[5]:
			sum += v
		case v := <-c[6]:
			sum += v
		case v := <-c[7]:
			sum += v
		}
	}
	check(sum == 8*sumTo(each))
	return scaled(since(begun), n, 8*each)
}

func pubsub(n int64, capacity int, subscribers int64) float64 {
	each := n/subscribers + 1
	sum := int64(0)
	var inboxes []chan int64
	var readers sync.WaitGroup
	begun := time.Now()
	for k := int64(0); k < subscribers; k++ {
		ch := make(chan int64, capacity)
		inboxes = append(inboxes, ch)
		readers.Add(1)
		go func() {
			own := int64(0)
			for i := int64(1); i <= each; i++ {
				own += <-ch
			}
			atomic.AddInt64(&sum, own)
			readers.Done()
		}()
	}
	for i := int64(1); i <= each; i++ {
		for _, ch := range inboxes {
			ch <- i
		}
	}
	readers.Wait()
	check(sum == subscribers*sumTo(each))
	return scaled(since(begun), n, subscribers*each)
}

func spawn(n int64) float64 {
	const batch = 10000
	rounds := n/batch + 1
	count := int64(0)
	begun := time.Now()
	for r := int64(0); r < rounds; r++ {
		var tasks sync.WaitGroup
		for i := 0; i < batch; i++ {
			tasks.Add(1)
			go func() {
				count++
				tasks.Done()
			}()
		}
		tasks.Wait()
	}
	check(count == rounds*batch)
	return scaled(since(begun), n, rounds*batch)
}

func yield(n int64) float64 {
	var two sync.WaitGroup
	begun := time.Now()
	for k := 0; k < 2; k++ {
		two.Add(1)
		go func() {
			for i := int64(0); i < n/2; i++ {
				runtime.Gosched()
			}
			two.Done()
		}()
	}
	two.Wait()
	return since(begun)
}

func fanout(n int64) float64 {
	rounds := n/1000 + 1
	all := uint64(0)
	begun := time.Now()
	for r := int64(0); r < rounds; r++ {
		var tasks sync.WaitGroup
		for seed := uint64(1); seed <= 1000; seed++ {
			tasks.Add(1)
			go func(x uint64) {
				for i := 0; i < 6000; i++ {
					x ^= x << 13
					x ^= x >> 7
					x ^= x << 17
				}
				atomic.AddUint64(&all, x)
				tasks.Done()
			}(seed)
		}
		tasks.Wait()
	}
	check(all != 0)
	return scaled(since(begun), n, rounds*1000)
}

func run(name string, n int64) float64 {
	what, rest, _ := strings.Cut(name, ".c")
	capacity, _ := strconv.Atoi(rest)
	switch what {
	case "pingpong":
		return pingpong(n, capacity)
	case "stream":
		return stream(n, capacity)
	case "solo":
		return solo(n, capacity)
	case "mpmc2":
		return mpmc(n, capacity, 2)
	case "mpmc8":
		return mpmc(n, capacity, 8)
	case "fanin1000":
		return fanin(n, capacity, 1000)
	case "ring1000":
		return ring(n, capacity, 1000)
	case "sieve500":
		return sieve(n, 500)
	case "select2":
		return select2(n, capacity)
	case "select8":
		return select8(n, capacity)
	case "pubsub8":
		return pubsub(n, capacity, 8)
	case "spawn":
		return spawn(n)
	case "yield":
		return yield(n)
	case "fanout":
		return fanout(n)
	}
	return -1
}

func main() {
	name := os.Args[1]
	workers, _ := strconv.Atoi(os.Args[2])
	runtime.GOMAXPROCS(workers)
	const enough = 0.04
	n := int64(1)
	if run(name, n) < 0 {
		return
	}
	for {
		took := run(name, n)
		if took >= enough {
			fmt.Printf("%.2f\n", took/float64(n)*1e9)
			return
		}
		factor := 1.3 * enough / took
		if factor > 100 {
			factor = 100
		} else if factor < 2 {
			factor = 2
		}
		n = int64(float64(n) * factor)
	}
}
