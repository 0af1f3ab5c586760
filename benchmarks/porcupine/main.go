// SPDX-License-Identifier: MIT
//
// Times Porcupine on histories from stdin: one JSON list a line, {"model", "repeat", "calls"}.
// Prints for each line the median of the nanoseconds that one check took; fails where one says no.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type call struct {
	Op             string
	Args           []int
	Result         *int
	Called, Return int64
	Thread         int
}

type history struct {
	Model  string
	Repeat int
	Calls  []call
}

func same(a *int, b int, some bool) bool { return (a != nil) == some && (!some || *a == b) }

func lists(takesFirst bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return []int{} },
		Step: func(state, input, output any) (bool, any) {
			items, made, found := state.([]int), input.(call), output.(*int)
			if made.Op == "put" {
				return true, append(slices.Clone(items), made.Args[0])
			}
			if len(items) == 0 {
				return found == nil, items
			}
			if takesFirst {
				return same(found, items[0], true), items[1:]
			}
			last := len(items) - 1
			return same(found, items[last], true), items[:last]
		},
		Equal: func(a, b any) bool { return slices.Equal(a.([]int), b.([]int)) },
	}
}

// Of one key: Porcupine's own way to check a map is by key.
type value struct {
	some bool
	what int
}

func byKey(all []porcupine.Operation) [][]porcupine.Operation {
	parts := map[int][]porcupine.Operation{}
	for _, one := range all {
		key := one.Input.(call).Args[0]
		parts[key] = append(parts[key], one)
	}
	var found [][]porcupine.Operation
	for _, part := range parts {
		found = append(found, part)
	}
	return found
}

var models = map[string]porcupine.Model{
	"queue": lists(true),
	"stack": lists(false),
	"map": {
		Partition: byKey,
		Init:      func() any { return value{} },
		Step: func(state, input, output any) (bool, any) {
			held, made, found := state.(value), input.(call), output.(*int)
			switch made.Op {
			case "put":
				return true, value{true, made.Args[1]}
			case "get":
				return same(found, held.what, held.some), held
			default:
				return same(found, held.what, held.some), value{}
			}
		},
	},
	"counter": {
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			held, made := state.(int), input.(call)
			if made.Op == "get" {
				return same(output.(*int), held, true), held
			}
			return same(output.(*int), held, true), held + made.Args[0]
		},
	},
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	decoder := json.NewDecoder(lines)
	for decoder.More() {
		var asked history
		if err := decoder.Decode(&asked); err != nil {
			panic(err)
		}
		var operations []porcupine.Operation
		for _, one := range asked.Calls {
			operations = append(operations, porcupine.Operation{ClientId: one.Thread, Input: one,
				Call: one.Called, Output: one.Result, Return: one.Return})
		}
		var taken []int64
		for i := 0; i < asked.Repeat; i++ {
			began := time.Now()
			result := porcupine.CheckOperationsTimeout(models[asked.Model], operations, 20*time.Second)
			taken = append(taken, time.Since(began).Nanoseconds())
			if result == porcupine.Illegal {
				panic("a history that is right by construction did not pass")
			}
			if result == porcupine.Unknown {
				taken[i] = -1
				break
			}
		}
		sort.Slice(taken, func(i, j int) bool { return taken[i] < taken[j] })
		fmt.Println(taken[len(taken)/2])
	}
}
