// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
package shop

// TODO: first debt
func plain_1_0_0(a, b int, more ...string) string {
	return "// TODO: no" + `/* TODO: no */`
}

func (s *Shop[T]) chain_3_3_1(a bool) (int, error) {
	if a {
		return 1, nil
	} else if b := s.b; b {
		return 2, nil
	} else {
		return 3, nil
	}
}

func loops_5_9_3(a []int) {
outer:
	for _, b := range a {
		for b > 0 && b < 3 {
			if b == 2 {
				continue outer
			}
			break
		}
	}
	goto end
end:
}

func switched_5_4_2(a any) {
	switch a := a.(type) {
	case int, string:
		select {
		case <-a.c:
		default:
		}
	case nil: // FIXME: second debt
	default:
	}
	switch {
	case a == nil:
	}
}

func literal_3_3_2(a []int) {
	sort(a, func(i, j int) bool {
		if a[i] < a[j] || i < j {
			return true
		}
		return false
	})
}

func without(a int) int

func TestShop(t *testing.T) {
	t.Run("a", func(t *testing.T) {})
}
