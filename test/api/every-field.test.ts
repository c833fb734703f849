/** Every field that a request can have, found by walking the schemas: limits, and no card numbers. */
import assert from 'node:assert/strict';
import { openApiDocument } from '../../src/api/openapi.ts';
import { createHarness, getOf, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maximum?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { schema: Schema; examples?: Record<string, { value: object }> }>
    >;
  };
}

type Path = readonly (string | number)[];
interface Field {
  readonly path: Path;
  readonly schema: ReturnType<typeof resolve>;
}

const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const ID = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';

const withBody = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { operationId, requestBody }]) => {
    const json = requestBody?.content['application/json'];
    if (json === undefined) return [];
    const examples = Object.values(json.examples ?? {}).map(({ value }) => value);
    const named = path.replace('{id}', ID);
    return [{ operationId, method, path: named, schema: json.schema, examples }];
  }),
);

const CARD = '4242 4242 4242 4242';

function resolve(schema: Schema): Schema & { readonly type?: string } {
  const name = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split('/').at(-1);
  const { type, ...found } =
    name === undefined ? schema : (document.components.schemas[name] ?? schema);
  // What may be null has that beside its type.
  return { ...found, ...(type !== undefined && { type: [type].flat()[0] ?? '' }) };
}

/** The schema itself, and all that is in it. */
function* walk(of: Schema, path: Path = []): Generator<Field> {
  const schema = resolve(of);
  yield { path, schema };
  if (schema.items) yield* walk(schema.items, [...path, 0]);
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    yield* walk(member, [...path, name]);
  }
  if (schema.additionalProperties) yield* walk(schema.additionalProperties, [...path, 'any']);
}

const nameOf = (path: Path) =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);

/** The body with this at that place. */
function put(body: unknown, [part, ...rest]: Path, value: unknown): unknown {
  if (part === undefined) return value;
  const inner = (body as Record<string | number, unknown> | undefined)?.[part];
  const placed = put(inner, rest, value);
  return typeof part === 'number' ? [placed] : { ...(body as object), [part]: placed };
}

const BOUNDS: Readonly<Record<string, (schema: Schema) => boolean>> = {
  // By a length, or a pattern from end to end with no open quantifier.
  string: (schema) =>
    (schema.enum ?? schema.maxLength) !== undefined || /^\^[^*+]*\$$/.test(schema.pattern ?? ''),
  array: ({ maxItems }) => maxItems !== undefined,
  object: (schema) => schema.additionalProperties === false || schema.maxProperties !== undefined,
  number: ({ maximum }) => maximum !== undefined,
  integer: ({ maximum }) => maximum !== undefined,
  boolean: () => true,
};

describe('Every field of a request', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  it('has a limit', () => {
    assert.ok(withBody.length >= 2);
    for (const { operationId, schema } of withBody) {
      for (const field of walk(schema)) {
        const what = `${operationId}: ${nameOf(field.path)} ${JSON.stringify(field.schema)}`;
        assert.equal(BOUNDS[field.schema.type ?? '']?.(field.schema), true, what);
      }
    }
  });

  for (const { operationId, method, path, schema, examples } of withBody) {
    for (const field of walk(schema)) {
      if (!['string', 'integer', 'number'].includes(field.schema.type ?? '')) continue;
      const name = nameOf(field.path);
      it(`of ${operationId} takes no card number: ${name}`, async () => {
        const values = field.schema.type === 'string' ? [CARD, `x ${CARD}`] : [4242424242424242];
        for (const value of values) {
          const body = put(examples[0] ?? {}, field.path, value);
          const init = { ...postOf(api.acme, { body }), method: method.toUpperCase() };
          const answer = await api.app.request(path, init);
          const text = await answer.text();
          assert.equal(answer.status, 400, text);
          const { errors = [] } = JSON.parse(text) as ProblemBody;
          const error = errors.find((one) => one.field === name);
          assert.match(error?.detail ?? '', /card number/);
          assert.ok(!text.includes('4242'));
        }
      });
    }
  }

  it('that is a header is not logged or kept when it looks like a card number', async () => {
    const from = api.lines.length;
    for (const sent of ['4242424242424242', 'cart-4242-4242-4242-4242']) {
      const answer = await api.app.request(
        '/v1/products',
        getOf(api.acme, { 'X-Request-Id': sent }),
      );
      assert.match(answer.headers.get('x-request-id') ?? '', /^req_/);
    }
    assert.ok(!JSON.stringify(api.lines.slice(from)).includes('4242'));
  });
});
