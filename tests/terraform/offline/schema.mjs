// Reads the schema of a resource, a data source or the provider out of @cdktf/provider-google or @cdktf/provider-aws, whose
// JavaScript was generated from the provider's own schema.
//
// Names, nesting, types and what is required survive in it. The largest number of blocks does not, nor do the rules
// that the provider keeps in its code (values of an enum, arguments that exclude each other).

import fs from 'node:fs';
import path from 'node:path';

const SCALARS = { string: 'string', number: 'number', boolean: 'bool' };
const GETTERS = {
  String: 'string',
  Number: 'number',
  Boolean: 'bool',
  List: ['list', 'string'],
  NumberList: ['list', 'number'],
  StringMap: ['map', 'string'],
};
// As the plugin protocol numbers them.
const NESTING = { struct: 1, list: 2, set: 3, map: 4 };

const pascal = (name) => name[0].toUpperCase() + name.slice(1);

/** `stringList` in a `set` is a set of strings. */
function attributeType(type, storage) {
  const element = SCALARS[storage.replace(/(List|Map)$/, '')];
  if (!element) return 'dynamic';
  return type === 'simple' ? element : [type, element];
}

/** The text of one generated folder, taken apart once. */
class Module {
  constructor(folder) {
    // The largest types are spread over several files.
    const files = fs.readdirSync(folder);
    const read = (ending) =>
      files.filter((f) => f.endsWith(ending)).map((f) => fs.readFileSync(path.join(folder, f), 'utf8')).join('\n');
    this.code = read('.js');
    this.required = new Map();
    for (const [, name, body] of read('.d.ts').matchAll(/export interface (\w+)[^{]*\{([\s\S]*?)\n\}/g)) {
      const properties = [...body.matchAll(/readonly (\w+)(\??):/g)];
      this.required.set(name, new Set(properties.filter((p) => !p[2]).map((p) => p[1])));
    }
    this.functions = new Map();
    for (const [, name, body] of this.code.matchAll(/function (\w+)ToHclTerraform\(struct\) \{([\s\S]*?)\n\}/g)) {
      this.functions.set(name, body);
    }
    this.classes = new Map();
    for (const [, name, base, body] of this.code.matchAll(/\nclass (\w+) extends cdktf\.(\w+) \{([\s\S]*?)\n\}/g)) {
      this.classes.set(name, { base, body });
    }
  }

  /** What can be written, from `body`; what can only be read, from the getters of `reader`. */
  block(body, required, reader) {
    const entries = /(\w+): \{\s*value: ([\s\S]*?),\s*isBlock: (true|false),\s*type: "(\w+)",\s*storageClassType: "(\w+)"/g;
    const block = { attributes: [], blocks: [] };
    const seen = new Set();
    for (const [, name, value, isBlock, type, storage] of body.matchAll(entries)) {
      const property = value.match(/(?:struct\.|this\._)(\w+)/)[1];
      const isRequired = required.has(property);
      seen.add(name);
      if (isBlock === 'true') {
        const nested = value.match(/(\w+)ToHclTerraform/)[1];
        block.blocks.push({ name, nesting: NESTING[type], required: isRequired, block: this.nested(nested) });
      } else {
        block.attributes.push({ name, type: attributeType(type, storage), required: isRequired, optional: !isRequired });
      }
    }
    const read = (name, type) => {
      if (!seen.has(name)) block.attributes.push({ name, type, computed: true });
      seen.add(name);
    };
    for (const [, kind, name] of reader.matchAll(/this\.get(\w+)Attribute\('(\w+)'\)/g)) read(name, GETTERS[kind] ?? 'dynamic');
    for (const [, name] of reader.matchAll(/ = new \w+\(this, "(\w+)"/g)) read(name, 'dynamic');
    return block;
  }

  nested(name) {
    const reader = this.classes.get(`${pascal(name)}OutputReference`)?.body ?? '';
    return this.block(this.functions.get(name), this.required.get(pascal(name)) ?? new Set(), reader);
  }

  main() {
    const [name, { body }] = [...this.classes].find(([, c]) => /^Terraform(Resource|DataSource|Provider)$/.test(c.base));
    const start = body.indexOf('synthesizeHclAttributes()');
    return this.block(body.slice(start), this.required.get(`${name}Config`) ?? new Set(), body.slice(0, start));
  }
}

/** The schema of `google_storage_bucket`, say, or null where there is no such type. `kind`: resource, data, provider. */
export function schema(library, provider, kind, type) {
  const stem = type.replace(`${provider}_`, '').replaceAll('_', '-');
  const folder = path.join(library, { resource: stem, data: `data-${provider}-${stem}`, provider: 'provider' }[kind]);
  if (!fs.existsSync(path.join(folder, 'index.js'))) return null;
  const block = new Module(folder).main();
  // `alias` belongs to Terraform, not to the provider.
  if (kind === 'provider') block.attributes = block.attributes.filter((a) => a.name !== 'alias' && !a.computed);
  return block;
}
