import type { Adapter } from "./schema.ts";

/** Words by which software renderers name themselves, where the browser does not call them a fallback. */
const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/** The software renderer that a name is of, as it is written there; null where it is of none. */
export const softwareNameOrNull = (name: string): string | null => SOFTWARE_NAMES.exec(name)?.[0] ?? null;

/** Whether an adapter computes on the CPU: the browser says so, or its name does. */
export const isSoftware = ({
  is_fallback,
  type,
  vendor,
  architecture,
  device,
  description,
}: Pick<Adapter, "is_fallback" | "type" | "vendor" | "architecture" | "device" | "description">): boolean =>
  is_fallback || type === "CPU" || softwareNameOrNull([vendor, architecture, device, description].join(" ")) !== null;
