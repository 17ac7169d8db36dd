import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cholesky } from "../../src/training/cholesky";

test("the solution solves the system", () => {
  const numbers = fc.float({ min: -4, max: 4, noNaN: true });
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 9 })
        .chain((n) =>
          fc.tuple(
            fc.constant(n),
            fc.array(numbers, { minLength: n * n, maxLength: n * n }),
            fc.array(numbers, { minLength: n, maxLength: n }),
          ),
        ),
      ([n, a, b]) => {
        // AᵀA + 1 is positive definite whatever A is.
        const product = Float64Array.from({ length: n * n }, (_, at) => {
          const [row, column] = [Math.floor(at / n), at % n];
          let sum = 0;
          for (let i = 0; i < n; i++) sum += a[i * n + row] * a[i * n + column];
          return sum;
        });
        const x = cholesky(product, n, 1)!.solve(b);
        for (let row = 0; row < n; row++) {
          let sum = x[row];
          for (let i = 0; i < n; i++) sum += product[row * n + i] * x[i];
          assert.ok(Math.abs(sum - b[row]) < 1e-9);
        }
      },
    ),
  );
});

test("a matrix that is not positive definite has no factor", () => {
  assert.equal(cholesky(Float64Array.of(1, 2, 2, 1), 2), null);
  assert.equal(cholesky(Float64Array.of(0), 1), null);
  assert.equal(cholesky(Float64Array.of(Number.NaN), 1), null);
});
