/** What a client can name in a request, as the OpenAPI document has it: a list that cannot forget. */
import assert from 'node:assert/strict';
import { openApiDocument } from '../../src/api/openapi.ts';

export interface Named {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
}

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly parameters?: readonly (Named | Reference)[];
  readonly requestBody?: Json;
}

interface Reference {
  readonly $ref: string;
}

const document = JSON.parse(JSON.stringify(openApiDocument())) as Json & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

// No tenant can ask for it: test/api/gateway-webhooks.test.ts says who may, and what comes of it.
const GATEWAYS = '/v1/webhooks/stripe';

/** By operations like `GET /v1/orders/{id}`: parameters, and the members of bodies at any depth. */
export const OPERATIONS: ReadonlyMap<string, readonly Named[]> = new Map(
  Object.entries(document.paths)
    .filter(([path]) => path !== GATEWAYS)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
        const named = parameters.map((one) => ('$ref' in one ? (resolved(one) as Named) : one));
        const members = [...new Set(membersIn(schemaOf(requestBody)))];
        const inBody = members.map((name): Named => ({ name, in: 'body' }));
        return [`${method.toUpperCase()} ${path}`, [...named, ...inBody]];
      }),
    ),
);

function schemaOf(requestBody: Json | undefined): unknown {
  const content = requestBody?.['content'] as Readonly<Record<string, Json>> | undefined;
  return content?.['application/json']?.['schema'];
}

function* membersIn(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  if ('$ref' in schema) yield* membersIn(resolved(schema as Reference));
  else if (Array.isArray(schema)) for (const one of schema) yield* membersIn(one);
  else {
    for (const [word, value] of Object.entries(schema as Json)) {
      if (word === 'properties') {
        yield* Object.keys(value as Json);
        yield* membersIn(Object.values(value as Json));
      } else yield* membersIn(value);
    }
  }
}

function resolved({ $ref }: Reference): unknown {
  const parts = $ref.replace('#/', '').split('/');
  const found = parts.reduce<unknown>((node, part) => (node as Json | undefined)?.[part], document);
  assert.ok(found, $ref);
  return found;
}
