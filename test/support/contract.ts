/**
 * Holds answers to the OpenAPI document: the status, the content type, every header and the body
 * have to be described, and nothing may be in a body that its schema does not name.
 */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { openApiDocument } from '../../src/api/openapi.ts';
import { operationsDocument } from '../../src/api/operations.ts';

/** Like `placeOrder 409 /problems/sold-out`; an answer that is no problem has no third word. */
export type Answer = string;

interface Media {
  readonly schema?: { readonly allOf?: readonly unknown[] };
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: Body }>>;
}

interface Described {
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Described>>;
}

interface Header {
  readonly required?: boolean;
  readonly schema: { readonly type: string };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, object>> & {
    readonly headers: Readonly<Record<string, Header>>;
  };
}

type Body = Readonly<Record<string, unknown>>;

const clients = JSON.parse(JSON.stringify(openApiDocument())) as Document;
const operators = JSON.parse(JSON.stringify(operationsDocument())) as Document;

/** Both documents as one: no path is in both, and what has one name in both is one thing. */
const document: Document = {
  ...clients,
  paths: { ...clients.paths, ...operators.paths },
  components: {
    ...clients.components,
    schemas: { ...clients.components['schemas'], ...operators.components['schemas'] },
  },
};
const strict = JSON.parse(JSON.stringify(document), closed) as object;
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
formats.default(ajv);
ajv.addSchema(strict, 'document', undefined, false);

/** What is not named is not allowed: else a member that nobody described would go unseen. */
function closed(_: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && 'properties' in value;
  const isOpen = isObject && 'type' in value && !('additionalProperties' in value);
  return isOpen ? { ...value, additionalProperties: false } : value;
}

/** Throws unless `answer` is described; undefined for a path that the document does not have. */
export async function describedAnswer(
  method: string,
  path: string,
  answer: Response,
): Promise<Answer | undefined> {
  const found = operationOf(method, path);
  if (found === undefined) return undefined;
  const { operation, pointer } = found;
  const status = answer.status.toString();
  const what = `${operation.operationId} ${status}`;
  const described = operation.responses[status];
  assert.ok(described, `${what} is not described`);
  assertHeaders(what, described, answer.headers);
  const type = answer.headers.get('content-type')?.replace(/;.*/, '') ?? undefined;
  const types = Object.keys(described.content ?? {});
  assert.ok(type === undefined ? types.length === 0 : types.includes(type), `${what}: ${type}`);
  if (type?.endsWith('json') !== true) return what;
  const body = (await answer.clone().json()) as Body;
  assertValid(what, `${pointer}/responses/${status}/content/${escape(type)}/schema`, body);
  return type === PROBLEM ? `${what} ${String(body['type'])}` : what;
}

const PROBLEM = 'application/problem+json';

function operationOf(method: string, path: string) {
  for (const [template, operations] of Object.entries(document.paths)) {
    const pattern = `^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`;
    const operation = operations[method.toLowerCase()];
    if (operation === undefined || !new RegExp(pattern).test(path)) continue;
    return { operation, pointer: `/paths/${escape(template)}/${method.toLowerCase()}` };
  }
  return undefined;
}

// Told of once, in the document's description: they are the same on every answer.
const UNDESCRIBED =
  /^(content-type|content-length|(cross-origin|x-content|x-dns|x-download|x-frame|x-permitted|x-xss)-.*|origin-agent-cluster|referrer-policy|strict-transport-security)$/;

function assertHeaders(what: string, { headers = {} }: Described, sent: Headers): void {
  const names = Object.keys(headers);
  for (const name of sent.keys()) {
    const isDescribed = names.some((one) => one.toLowerCase() === name);
    assert.ok(isDescribed || UNDESCRIBED.test(name), `${what}: ${name} is not described`);
  }
  for (const name of names) {
    const header = document.components.headers[name];
    const value = sent.get(name);
    assert.ok(header, `${what}: there is no header ${name}`);
    assert.ok(value !== null || header.required !== true, `${what} has no ${name}`);
    if (value === null) continue;
    const typed = header.schema.type === 'integer' ? Number(value) : value;
    assertValid(`${what}: ${name}`, `/components/headers/${escape(name)}/schema`, typed);
  }
}

function assertValid(what: string, pointer: string, value: unknown): void {
  const validate = ajv.getSchema(`document#${encodeURI(pointer)}`);
  assert.ok(validate, `there is no ${pointer}`);
  assert.ok(
    validate(value),
    `${what}: ${ajv.errorsText(validate.errors)} ${JSON.stringify(value)}`,
  );
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Every answer that the document describes of webhooks, or of all else, with each problem's example. */
export function describedAnswers(
  of: 'webhooks' | 'all else',
): ReadonlyMap<Answer, Body | undefined> {
  const asked = operations().filter(
    ({ tags }) => tags.includes('webhooks') === (of === 'webhooks'),
  );
  const answers = asked.flatMap(({ operationId, responses }) =>
    Object.entries(responses).flatMap(([status, { content }]): [Answer, Body | undefined][] => {
      const what = `${operationId} ${status}`;
      const examples = Object.values(content?.[PROBLEM]?.examples ?? {});
      if (examples.length === 0) return [[what, undefined]];
      return examples.map(({ value }) => [`${what} ${String(value['type'])}`, value]);
    }),
  );
  return new Map(answers);
}

/** The bodies that the document shows for a request. */
export function exampleRequests(operationId: string): readonly Body[] {
  const operation = operations().find((one) => one.operationId === operationId);
  const examples = operation?.requestBody?.content['application/json']?.examples ?? {};
  return Object.values(examples).map(({ value }) => value);
}

function operations(): readonly Operation[] {
  return Object.values(clients.paths).flatMap((path) => Object.values(path));
}

/** A request as it is sent, before it is. */
export type Request = readonly [path: string, init: RequestInit];

/** With other headers; those that are undefined are left out. */
export function changed(
  [path, init]: Request,
  change: Readonly<Record<string, string | undefined>>,
): Request {
  const headers = Object.entries({ ...(init.headers as Record<string, string>), ...change });
  const kept = headers.filter((pair): pair is [string, string] => pair[1] !== undefined);
  return [path, { ...init, headers: kept }];
}

/** Without what is another for each request, and for each order. */
export function comparable(text: string): string {
  const body = JSON.parse(text) as Record<string, unknown>;
  delete body['instance'];
  return JSON.stringify(body).replaceAll(/ord_[0-9a-z]{26}/g, 'ord_…');
}
