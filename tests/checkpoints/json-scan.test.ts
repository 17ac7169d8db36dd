import assert from "node:assert/strict";
import { it } from "node:test";
import { duplicateKey, scanJson } from "../../src/checkpoints/json-scan";

it("counts levels and containers outside of texts", () => {
  const { depth, containers } = scanJson('{"a":[1,[2]],"b{[":"]}\\"["}');
  assert.deepEqual({ depth, containers }, { depth: 3, containers: 3 });
});

it("tells texts of many small values, and lets vocabularies and headers through", () => {
  const isTooMuch = (part: string) => {
    const { memory, mostMemory } = scanJson(`{"a":[${part.repeat(20_000_000 / part.length)}]}`);
    return memory > mostMemory;
  };
  // Measured: JSON.parse of 20 MB of these takes 230 to 680 MB.
  for (const part of ["[],", "{},", "1,", '"":0,']) assert.ok(isTooMuch(part), part);
  const ofVocabulary = '"Ġword12":12345,';
  const ofMerges = '["Ġwor","d12"],';
  const ofHeader =
    '"h.12.attn.c_attn.weight":{"dtype":"F32","shape":[768,2304],"data_offsets":[1,2]},';
  for (const part of [ofVocabulary, ofMerges, ofHeader]) assert.ok(!isTooMuch(part), part);
});

it("finds a key that the outermost object has twice, however it is written", () => {
  assert.equal(duplicateKey('{"a":1,"b":{"a":1},"a":2}'), "a");
  assert.equal(duplicateKey('{"a":1,"\\u0061" :2}'), "a");
  assert.equal(duplicateKey('{"a":"a","b":{"c":1,"c":2}}'), undefined);
});

it("ends on texts that are not JSON", () => {
  for (const text of ["", '"', '"\\', '{"a', '{"a"', "]]]", '{"\\x":1,"\\x":2']) {
    scanJson(text);
    duplicateKey(text);
  }
});
