import { describe, expect, it } from "vitest";
import { onnxModel } from "../../../bench/peers/onnx/model.ts";
import { encode, float, integer, message, nested, text } from "../../../bench/peers/onnx/protobuf.ts";

/** Fields of a message in their order: the reading half of the wire format, which the benchmark has no use for. */
const fieldsOf = (data: Uint8Array): { field: number; value: number | Uint8Array }[] => {
  const fields: { field: number; value: number | Uint8Array }[] = [];
  let at = 0;
  const varint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = data[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const take = (size: number) => data.subarray(at, (at += size));
    const value = key % 8 === 0 ? varint() : take(key % 8 === 5 ? 4 : varint());
    fields.push({ field: Math.floor(key / 8), value });
  }
  return fields;
};

const inner = (data: Uint8Array, field: number): Uint8Array[] =>
  fieldsOf(data).flatMap((each) => (each.field === field && typeof each.value !== "number" ? [each.value] : []));
const numbers = (data: Uint8Array, field: number): number[] =>
  fieldsOf(data).flatMap((each) => (each.field === field && typeof each.value === "number" ? [each.value] : []));
const texts = (data: Uint8Array, field: number): string[] => inner(data, field).map((piece) => new TextDecoder().decode(piece));

describe("the protobuf writer", () => {
  it.each([
    ["a small integer", integer(1, 1), [0x08, 0x01]],
    ["150, the format's own example", integer(1, 150), [0x08, 0x96, 0x01]],
    ["more than 32 bits", integer(1, 2 ** 35), [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ["a field number beyond 15", integer(20, 2), [0xa0, 0x01, 0x02]],
    ["a text", text(2, "testing"), [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]],
    ["a float", float(2, 1), [0x15, 0x00, 0x00, 0x80, 0x3f]],
    ["a message in a message", nested(3, integer(1, 150)), [0x1a, 0x03, 0x08, 0x96, 0x01]],
    ["nothing", message(), []],
  ])("writes %s", (_, written, expected) => {
    expect([...encode(written)]).toEqual(expected);
  });

  it("refuses what the field cannot hold", () => {
    expect(() => integer(1, -1)).toThrow("at least 0");
    expect(() => integer(1, 0.5)).toThrow("whole number");
  });
});

describe("an ONNX model", () => {
  const model = onnxModel({
    inputs: [{ name: "a", shape: [2, 300] }],
    outputs: [{ name: "c", shape: [2, 1] }],
    constants: [{ name: "b", shape: [300, 1], data: new Float32Array(300).fill(1) }],
    nodes: [{ op: "Gemm", inputs: ["a", "b"], outputs: ["c"], attributes: { transB: { integer: 0 }, alpha: { float: 2 } } }],
  });
  const [graph = new Uint8Array()] = inner(model, 7);

  it("states its versions and ONNX's own operators alone", () => {
    expect(numbers(model, 1)).toEqual([8]);
    expect(inner(model, 8).map((each) => [texts(each, 1), numbers(each, 2)])).toEqual([[[""], [17]]]);
  });

  it("holds the node with its attributes", () => {
    const [node = new Uint8Array()] = inner(graph, 1);
    expect([texts(node, 1), texts(node, 2), texts(node, 4)]).toEqual([["a", "b"], ["c"], ["Gemm"]]);
    expect(inner(node, 5).map((each) => [texts(each, 1), numbers(each, 20)])).toEqual([
      [["transB"], [2]],
      [["alpha"], [1]],
    ]);
  });

  it("holds the constant's bytes and the shapes of inputs and outputs", () => {
    const [constant = new Uint8Array()] = inner(graph, 5);
    expect([numbers(constant, 1), numbers(constant, 2), inner(constant, 9)[0]!.length]).toEqual([[300, 1], [1], 1200]);
    const sizes = [11, 12].map((field) =>
      inner(inner(inner(inner(inner(graph, field)[0]!, 2)[0]!, 1)[0]!, 2)[0]!, 1).map((dim) => numbers(dim, 1)[0]),
    );
    expect(sizes).toEqual([
      [2, 300],
      [2, 1],
    ]);
  });

  it("names Microsoft's operators where one is used", () => {
    const own = onnxModel({
      inputs: [],
      outputs: [],
      constants: [],
      nodes: [{ op: "X", domain: "com.microsoft", inputs: [], outputs: [] }],
    });
    expect(inner(own, 8).flatMap((each) => texts(each, 1))).toEqual(["", "com.microsoft"]);
  });

  it("refuses a constant of another size than its shape", () => {
    const constants = [{ name: "b", shape: [2, 2], data: new Float32Array(3) }];
    expect(() => onnxModel({ inputs: [], outputs: [], nodes: [], constants })).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: b: expected 4 elements for 2×2, got 3]`,
    );
  });
});
