// `npm run schemas`: writes schema/*.schema.json anew from the zod schemas; `npm test` checks that they are up to date.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt, root } from "./build.mjs";

ensureBuilt();
const { publishedSchemas, schemaText } = await import(new URL("../dist/src/published-schemas.js", import.meta.url).href);
mkdirSync(join(root, "schema"), { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas())) writeFileSync(join(root, "schema", name), schemaText(schema));
