import { bytes, encode, float, integer, type Message, message, nested, text } from "./protobuf.ts";

/**
 * ONNX models in code: a graph of a few nodes as the bytes of a ModelProto.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, which numbers the fields
 */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Absent for ONNX's own operators. */
  readonly domain?: "com.microsoft";
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export type OnnxAttribute = { readonly integer: number } | { readonly float: number };

export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A tensor that is part of the model, with its type given by its array. */
export interface OnnxConstant extends OnnxValue {
  readonly data: Float32Array | Int32Array;
}

const IR_VERSION = 8;
const OPERATORS = 17;
const MICROSOFT_OPERATORS = 1;

/** TensorProto.DataType. */
const FLOAT = 1;
const INT32 = 6;
/** AttributeProto.AttributeType. */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;

const attribute = (name: string, value: OnnxAttribute): Message =>
  "float" in value
    ? message(text(1, name), float(2, value.float), integer(20, ATTRIBUTE_FLOAT))
    : message(text(1, name), integer(3, value.integer), integer(20, ATTRIBUTE_INT));

const node = ({ op, inputs, outputs, domain, attributes = {} }: OnnxNode): Message =>
  message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => nested(5, attribute(name, value))),
    ...(domain === undefined ? [] : [text(7, domain)]),
  );

/** A float tensor's name and shape. */
const value = ({ name, shape }: OnnxValue): Message =>
  message(
    text(1, name),
    nested(2, nested(1, message(integer(1, FLOAT), nested(2, message(...shape.map((size) => nested(1, integer(1, size)))))))),
  );

const constant = ({ name, shape, data }: OnnxConstant): Message => {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== data.length) throw new RangeError(`${name}: expected ${elements} elements for ${shape.join("×")}, got ${data.length}`);
  return message(
    ...shape.map((size) => integer(1, size)),
    integer(2, data instanceof Float32Array ? FLOAT : INT32),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
};

const operators = (domain: string, version: number): Message => nested(8, message(text(1, domain), integer(2, version)));

/** The bytes of a model that is this graph. */
export const onnxModel = ({ nodes, inputs, outputs, constants }: OnnxGraph): Uint8Array<ArrayBuffer> =>
  encode(
    message(
      integer(1, IR_VERSION),
      text(2, "ballast"),
      nested(
        7,
        message(
          ...nodes.map((each) => nested(1, node(each))),
          text(2, "graph"),
          ...constants.map((each) => nested(5, constant(each))),
          ...inputs.map((each) => nested(11, value(each))),
          ...outputs.map((each) => nested(12, value(each))),
        ),
      ),
      operators("", OPERATORS),
      ...(nodes.some(({ domain }) => domain !== undefined) ? [operators("com.microsoft", MICROSOFT_OPERATORS)] : []),
    ),
  );
