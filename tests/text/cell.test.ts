import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cellText } from "../../src/text/cell";
import { FOR_PROGRAMS, formatNumber } from "../../src/text/format-number";
import { joinPhrases, phrase } from "../../src/text/phrase";

// Expected texts are the numbers rounded by hand: to 3 digits, p-values to 2, for programs to 4.
describe("numbers in a table", () => {
  it("are written for the place where they are shown", () => {
    assert.equal(cellText(-0.0312345), "−0.0312");
    assert.equal(cellText(-0.0312345, FOR_PROGRAMS), "-0.03123");
    // What stands before the point is no matter of digits: a count stays the count.
    assert.equal(cellText(4096), "4,096");
    assert.equal(cellText(12345.6), "12,346");
    assert.equal(cellText(123.456), "123");
    assert.equal(cellText(99.95), "100");
    assert.equal(cellText(12345.6, FOR_PROGRAMS), "12346");
    assert.equal(cellText(1.5e-9), "1.5e−9");
    assert.equal(cellText(1.5e-9, FOR_PROGRAMS), "1.5e-9");
    assert.equal(Number(cellText(-1.23456e12, FOR_PROGRAMS)), -1.235e12);
    assert.equal(cellText(null), "–");
    assert.equal(cellText(Number.NaN), "–");
    assert.equal(cellText(true), "true");
    assert.equal(formatNumber(Number.NEGATIVE_INFINITY), "−∞");
  });

  it("stand with their interval, their rank, or as a p-value", () => {
    const interval = { estimate: 0.117123, low: -0.114, high: 0.12111 };
    assert.equal(cellText(interval), "0.117 [−0.114, 0.121]");
    assert.equal(cellText(interval, FOR_PROGRAMS), "0.1171 [-0.114, 0.1211]");
    assert.equal(cellText({ ...interval, low: null }), "0.117");
    assert.equal(cellText({ estimate: null, low: null, high: null }), "–");
    assert.equal(cellText({ rank: 3, of: 512 }), "rank 3 of 512");
    assert.equal(cellText({ rank: null, of: 512 }), "no rank");
    assert.equal(cellText({ p: 0.01234 }), "p = 0.012");
    assert.equal(cellText({ p: null }), "no p-value");
    assert.equal(cellText({ p: 1.2e-23 }), "p < 0.0001");
    assert.equal(cellText({ probability: 1.2e-23 }), "< 0.0001");
    assert.equal(cellText({ probability: 0.01234 }, FOR_PROGRAMS), "0.012");
    assert.equal(cellText({ probability: null }), "–");
  });

  it("stay numbers inside a sentence until it is shown", () => {
    const sentence = phrase`slope ${-0.123456}, ${{ p: 0.5 }}; none ${null}`;
    assert.deepEqual(sentence.parts, ["slope ", -0.123456, ", ", { p: 0.5 }, "; none ", null]);
    assert.equal(cellText(sentence), "slope −0.123, p = 0.5; none –");
    assert.equal(cellText(sentence, FOR_PROGRAMS), "slope -0.1235, p = 0.5; none –");
    const joined = joinPhrases([sentence, "", "end"], "; ");
    assert.equal(cellText(joined), "slope −0.123, p = 0.5; none –; end");
  });
});
