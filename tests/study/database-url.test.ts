import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../src/errors";
import { databaseAddress } from "../../src/study/database-url";

describe("a database's address", () => {
  it("is what was asked for, shown without a password and options", () => {
    assert.equal(databaseAddress(undefined, {}), null);
    const given = databaseAddress("postgres://me@host:5433/db?sslmode=require", {})!;
    assert.equal(given.url, "postgres://me@host:5433/db?sslmode=require");
    assert.equal(given.shown, "postgres://me@host:5433/db");
    const kept = databaseAddress(undefined, { TSLENS_DATABASE: "postgresql://me:hush@host/db" })!;
    assert.equal(kept.url, "postgresql://me:hush@host/db");
    assert.equal(kept.shown, "postgresql://me@host/db");
  });

  it("takes its password from TSLENS_DATABASE where that is of the same database", () => {
    const environment = { TSLENS_DATABASE: "postgres://me:hush@host:5432/db" };
    assert.match(databaseAddress("postgres://me@host/db", environment)!.url, /hush/);
    assert.doesNotMatch(databaseAddress("postgres://me@other/db", environment)!.url, /hush/);
    assert.doesNotMatch(databaseAddress("postgres://you@host/db", environment)!.url, /hush/);
  });

  for (const url of [
    "postgres://me:hush@host/db",
    "postgresql://me:hush@host/db",
    "postgres://:hush@host/db",
    "postgres://host/db?password=hush",
    "postgres://host/db?user=me&password=hush",
    "postgres://host/db?sslpassword=hush",
    "postgres://host/db?Password=hush",
    "postgres://me:hu%73h@host/db",
  ]) {
    it(`refuses one with a password on a command line, and does not repeat it: ${url}`, () => {
      assert.throws(
        () => databaseAddress(url, {}),
        (error: Error) =>
          error instanceof InputError &&
          /holds a password/.test(error.message) &&
          !/hush|hu%73h/.test(error.message),
      );
    });
  }

  for (const text of [
    "",
    "mysql://me:hush@host/db",
    "host=a password=hush",
    "hush",
    "http://hush/",
  ]) {
    it(`refuses what is no address of a PostgreSQL: ${JSON.stringify(text)}`, () => {
      for (const from of [
        () => databaseAddress(text, {}),
        () => databaseAddress(undefined, { TSLENS_DATABASE: text || " " }),
      ]) {
        assert.throws(
          from,
          (error: Error) =>
            error instanceof InputError &&
            /not the address of a PostgreSQL/.test(error.message) &&
            !/hush/.test(error.message),
        );
      }
    });
  }

  // Without what says that it is no delimiter, the URL's host is "me" and its port 12.
  for (const delimiter of ["/", "?", "#"]) {
    it(`refuses a password that holds ${delimiter} as it is, and shows nothing of it`, () => {
      const text = `postgres://me:12${delimiter}hush@host/db`;
      for (const from of [
        () => databaseAddress(text, {}),
        () => databaseAddress(undefined, { TSLENS_DATABASE: text }),
      ]) {
        assert.throws(
          from,
          (error: Error) =>
            error instanceof InputError &&
            /has an "@" after the host.*%2F/.test(error.message) &&
            !/hush|12/.test(error.message),
        );
      }
      const encoded = `postgres://me:12${encodeURIComponent(delimiter)}hush@host/db`;
      const { shown } = databaseAddress(undefined, { TSLENS_DATABASE: encoded })!;
      assert.equal(shown, "postgres://me@host/db");
    });
  }
});
