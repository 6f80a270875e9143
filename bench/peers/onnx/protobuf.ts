/**
 * As much of Protocol Buffers' wire format as an ONNX model needs, written and never read.
 *
 * A message is a list of pieces that are joined once, at the end, so that a weight of hundreds of megabytes is copied once.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export type Message = readonly Uint8Array[];

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

const TEXT = new TextEncoder();

const varint = (value: number): Uint8Array => {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`expected a whole number of at least 0, got ${value}`);
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return Uint8Array.from(bytes);
};

const key = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

const length = (message: Message): number => message.reduce((sum, piece) => sum + piece.length, 0);

/** Fields one after another. */
export const message = (...fields: readonly Message[]): Message => fields.flat();

/** An unsigned integer: `int64` and `enum` fields, for values that are not negative. */
export const integer = (field: number, value: number): Message => [key(field, VARINT), varint(value)];

export const float = (field: number, value: number): Message => [
  key(field, FIXED32),
  new Uint8Array(new Uint32Array(Float32Array.of(value).buffer).buffer),
];

/** Bytes as they are; they are not copied. */
export const bytes = (field: number, value: Uint8Array): Message => [key(field, LENGTH), varint(value.length), value];

export const text = (field: number, value: string): Message => bytes(field, TEXT.encode(value));

/** A message in a message. */
export const nested = (field: number, inner: Message): Message => [key(field, LENGTH), varint(length(inner)), ...inner];

/** The bytes of a whole message. */
export const encode = (whole: Message): Uint8Array<ArrayBuffer> => {
  const result = new Uint8Array(length(whole));
  let at = 0;
  for (const piece of whole) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
};
