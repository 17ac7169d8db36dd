import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allFinite, columnSums, type Matrix, rowSums, sumOf } from "../../src/model/matrix";
import { randomStream } from "../../src/stats/random-stream";

const stream = randomStream(5, "matrix");
const gaussians = (count: number) => Float64Array.from({ length: count }, () => stream.gaussian());

/** Sums of whole numbers are exact in any order. */
function wholeMatrix(rows: number, columns: number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, () => stream.integer(-50, 50));
  return { data, rows, columns };
}

describe("sums over a matrix are those of a plain loop", () => {
  const sizes = [1, 2, 3, 4, 5, 7, 8, 9];
  for (const rows of sizes) {
    it(`${rows} rows`, () => {
      for (const columns of sizes) {
        const matrix = wholeMatrix(rows, columns);
        const at = (row: number, column: number) => matrix.data[row * columns + column];
        const whole = (count: number) => gaussians(count).map(Math.round);
        const [v, w, x, y] = [whole(rows), whole(rows), whole(columns), whole(columns)];
        const byColumn = (weights: Float64Array) =>
          Float64Array.from({ length: columns }, (_, column) =>
            weights.reduce((sum, weight, row) => sum + weight * at(row, column), 0),
          );
        const byRow = (weights: Float64Array) =>
          Float64Array.from({ length: rows }, (_, row) =>
            weights.reduce((sum, weight, column) => sum + weight * at(row, column), 0),
          );
        assert.deepEqual(columnSums(matrix, [v, w]), [byColumn(v), byColumn(w)]);
        assert.deepEqual(rowSums(matrix, [x, y]), [byRow(x), byRow(y)]);
        assert.equal(
          sumOf(matrix.data, 1, matrix.data.length),
          matrix.data.subarray(1).reduce((sum, value) => sum + value, 0),
        );
      }
    });
  }

  it("to float64's last digits where sums are rounded", () => {
    const [rows, columns] = [301, 77];
    const data = Float32Array.from(gaussians(rows * columns));
    const weights = gaussians(rows);
    const [sums] = columnSums({ data, rows, columns }, [weights, weights]);
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += weights[row] * data[row * columns + column];
      assert.ok(Math.abs(sums[column] - sum) < 1e-12);
    }
  });
});

it("one number that is not finite is found anywhere", () => {
  for (const length of [1, 2, 3, 4, 5, 8, 11]) {
    assert.ok(allFinite(new Float32Array(length).fill(3e38)));
    for (let i = 0; i < length; i++) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const values = new Float32Array(length).fill(-1);
        values[i] = value;
        assert.ok(!allFinite(values), `${value} at ${i} of ${length}`);
      }
    }
  }
  assert.ok(allFinite(new Float32Array(0)));
});
