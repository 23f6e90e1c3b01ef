/** Checks JSON documents against the published schemas. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

/** A document's violations of a schema, in which every key has to be; nothing if it matches. */
export function schemaErrors(name: string, document: unknown): string[] {
  const schema = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'schemas', `${name}.schema.json`), 'utf8'));
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false });
  const validate = ajv.compile(closed(schema));
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

/** The schema without room for further keys. */
function closed(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null) return schema as object;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = 'properties' in copy && (schema as { type?: string }).type === 'object';
  return isObject ? { ...copy, additionalProperties: false } : copy;
}
