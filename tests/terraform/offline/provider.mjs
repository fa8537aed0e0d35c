// Stands in for a provider, hashicorp/google or hashicorp/aws, where the registry is out of reach: it knows schemas and
// nothing else, so that the real `terraform validate` finds misspelt arguments and blocks, missing ones and wrong types.
//
// Environment: PROVIDER, `google` or `aws`; TYPES, the types to know, as `resource.google_x data.google_y`; LIBRARY, the
// folder `lib` of @cdktf/provider-google or @cdktf/provider-aws.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { schema } from './schema.mjs';

// The packages lie in target/, not beside this file.
const require = createRequire(path.join(process.env.LIBRARY, 'index.js'));
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const proto = loader.loadSync(path.join(import.meta.dirname, 'provider.proto'), { keepCase: true });

function message(block) {
  return {
    attributes: block.attributes.map(({ type, ...rest }) => ({
      ...rest,
      type: Buffer.from(JSON.stringify(type)),
      // What nobody set may be filled in by the cloud: a reference to it is unknown, not null.
      computed: Boolean(rest.computed || rest.optional),
    })),
    block_types: block.blocks.map((b) => ({
      type_name: b.name,
      nesting: b.nesting,
      min_items: b.required && b.nesting !== 1 ? 1 : 0,
      block: message(b.block),
    })),
  };
}

const { LIBRARY, PROVIDER, TYPES } = process.env;
const answer = { provider: { block: message(schema(LIBRARY, PROVIDER, 'provider', '')) }, resource_schemas: {}, data_source_schemas: {} };
for (const word of TYPES.split(/\s+/).filter(Boolean)) {
  const [kind, type] = word.split('.');
  const found = schema(LIBRARY, PROVIDER, kind, type);
  if (found) answer[kind === 'data' ? 'data_source_schemas' : 'resource_schemas'][type] = { block: message(found) };
}

const server = new grpc.Server();
const nothing = (_, reply) => reply(null, {});
server.addService(proto['tfplugin6.Provider'], {
  GetProviderSchema: (_, reply) => reply(null, answer),
  ValidateProviderConfig: nothing,
  ValidateResourceConfig: nothing,
  ValidateDataResourceConfig: nothing,
  StopProvider: nothing,
});
// Without this, Terraform waits two seconds before it ends each of the plugins it started.
const empty = () => Buffer.alloc(0);
server.addService(
  {
    Shutdown: {
      path: '/plugin.GRPCController/Shutdown',
      requestStream: false,
      responseStream: false,
      requestSerialize: empty,
      requestDeserialize: () => ({}),
      responseSerialize: empty,
      responseDeserialize: () => ({}),
    },
  },
  {
    Shutdown: (_, reply) => {
      reply(null, {});
      setImmediate(() => process.exit(0));
    },
  },
);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  // The handshake: version of the handshake, of the protocol, and where we listen.
  console.log(`1|6|tcp|127.0.0.1:${port}|grpc`);
});
// Terraform ends its plugins; should it have died, nobody is left to do so.
setTimeout(() => process.exit(0), 60_000).unref();
