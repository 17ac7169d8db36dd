import assert from "node:assert/strict";
import { it } from "node:test";
import { numberProblem } from "../../src/explore/page/number-problem";

it("the number field takes decimal numbers alone, and says what is wrong with others", () => {
  for (const text of ["0", "-1.5", "+2", ".5", "3.", " 7 ", "1e-7", "1.2E3", "-0"]) {
    assert.equal(numberProblem(text), null, text);
  }
  for (const text of [
    "",
    " ",
    "-",
    ".",
    "0x10",
    "0b1",
    "1,5",
    "1 000",
    "NaN",
    "Infinity",
    "1e",
    "٣",
    "1_0",
  ]) {
    assert.equal(numberProblem(text), "a decimal number is written such as -1.5", text);
  }
  for (const text of ["1e39", "-4e38", "9".repeat(400)]) {
    assert.equal(numberProblem(text), "too large for float32", text);
  }
});
