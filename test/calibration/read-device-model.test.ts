import { expect, it } from "vitest";
import { deviceModelFile } from "../../src/calibration/read-device-model.ts";
import { readVersioned } from "../../src/versioned.ts";
import { deviceModel } from "../fixtures.ts";
import { messageOf } from "../message-of.ts";

const read = (value: object) => readVersioned(deviceModelFile, JSON.stringify(value), "model.json");

it("a device model of version 1 is read as one of WebGPU kernels without anchors", () => {
  const { anchored: _anchored, step, ...rest } = deviceModel();
  const { kind: _kind, ...olderStep } = step;
  expect(read({ ...rest, schema: "ballast.device-model/1", step: olderStep })).toEqual(deviceModel());
});

it("today's is read as it is, and a later one is refused", () => {
  expect(read(deviceModel())).toEqual(deviceModel());
  expect(messageOf(() => read({ ...deviceModel(), schema: "ballast.device-model/3" }))).toMatchInlineSnapshot(
    `"InputError: model.json: schema: "ballast.device-model/3" is newer than this program, which reads up to "ballast.device-model/2". Update Ballast (git pull in a clone), or make the file again with this version."`,
  );
});
