import { expect, it } from "vitest";
import { shown } from "../src/errors.ts";

it("a value in a message is whole where it is short, and cut where it is long", () => {
  expect([shown("16k"), shown(undefined), shown({ a: 1 })]).toEqual(['"16k"', "undefined", '{"a":1}']);
  expect(shown("x".repeat(78_000))).toBe(`"${"x".repeat(79)}…`);
});
