/**
 * The carrier's stand-in: ships an order once under the caller's own reference. The same request
 * again gets the same answer; a call-back leaves a tombstone, so that a late request ships nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { openBook, type Book, type EffectLine, type RequestLine } from '../book.ts';
import { COMMON_FAULTS, CONNECTION_FAULTS, orderIn } from '../faults.ts';
import { createFaultPlan, type FaultPlan, type Meeting, type Repertoire } from '../plan.ts';
import { controlRoutes, listen, type HttpEnv, type StandIn } from '../server.ts';
import { meetFault } from '../wire.ts';

// No place has this code, so a developer can see a refused address without a fault plan.
export const REFUSED_POSTAL_CODE = '00000';

type Operation = 'request' | 'cancel';

const FAULTS = [...COMMON_FAULTS, 'key-in-use', 'error', 'malformed', 'truncated'] as const;

export const REPERTOIRE: Repertoire<Operation> = {
  party: 'carrier',
  faults: { request: [...FAULTS, 'decline'], cancel: FAULTS },
  questions: [],
};

export interface ShipmentEffect extends EffectLine {
  readonly effect: 'shipped' | 'refused' | 'cancelled' | 'tombstone';
  readonly reference: string;
  /** The hash of the request that was answered; null for a tombstone. */
  readonly body: string | null;
  readonly trackingNumber: string | null;
}

export interface ShipmentRequest extends RequestLine {
  readonly reference: string;
  readonly status: number | null;
}

const shipmentBody = z.strictObject({
  requestId: z.string().min(1),
  address: z.strictObject({
    name: z.string(),
    line1: z.string(),
    line2: z.string().optional(),
    city: z.string(),
    postalCode: z.string(),
    country: z.string().length(2),
  }),
  lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int().positive() })).min(1),
});

interface Carrier {
  /** The last effect under each reference says all there is to know about it. */
  readonly shipments: Map<string, ShipmentEffect>;
  readonly book: Pick<Book<ShipmentEffect, ShipmentRequest>, 'append' | 'dump'>;
  readonly faults: FaultPlan<Operation>;
}

export async function startCarrier({
  port = 0,
  host,
  bookFile,
}: {
  port?: number;
  host?: string | undefined;
  bookFile: string;
}): Promise<StandIn> {
  const shipments = new Map<string, ShipmentEffect>();
  const faults = createFaultPlan(REPERTOIRE);
  const book = await openBook<ShipmentEffect, ShipmentRequest>(bookFile, (effects, request) => {
    for (const effect of effects) shipments.set(effect.reference, effect);
    faults.restore(request.operation, request.fault);
  });
  const server = await listen(carrierApp({ shipments, book, faults }), { port, host });
  return {
    url: server.url,
    async close() {
      faults.close();
      await server.close();
      await book.close();
    },
  };
}

function carrierApp(carrier: Carrier): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.put('/shipments/:reference', async (c) => {
    const parsed = shipmentBody.safeParse(await c.req.json().catch(() => undefined));
    const reference = c.req.param('reference');
    if (!parsed.success) {
      return c.json({ code: 'invalid-request', detail: z.prettifyError(parsed.error) }, 400);
    }
    return serve(c, carrier, { operation: 'request', reference, ...identify(parsed.data) });
  });
  app.delete('/shipments/:reference', (c) => {
    const reference = c.req.param('reference');
    return serve(c, carrier, { operation: 'cancel', reference, requestId: null });
  });
  app.route('/control', controlRoutes(carrier.faults, carrier.book));
  return app;
}

type Asked =
  | { readonly operation: 'cancel'; readonly reference: string; readonly requestId: null }
  | {
      readonly operation: 'request';
      readonly reference: string;
      readonly requestId: string;
      readonly body: string;
      readonly deliverable: boolean;
    };

function identify(shipment: z.infer<typeof shipmentBody>): {
  requestId: string;
  body: string;
  deliverable: boolean;
} {
  return {
    requestId: shipment.requestId,
    body: createHash('sha256').update(JSON.stringify(shipment)).digest('hex').slice(0, 16),
    deliverable: shipment.address.postalCode !== REFUSED_POSTAL_CODE,
  };
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly effect?: ShipmentEffect;
}

async function serve(c: Context<HttpEnv>, carrier: Carrier, asked: Asked): Promise<Response> {
  const { operation, reference, requestId } = asked;
  const orderId = orderIn(reference);
  const asker = requestId ?? carrier.shipments.get(reference)?.requestId ?? null;
  const meeting = carrier.faults.meet(operation, { orderId, requestId: asker });
  const fault = meeting.strike(CONNECTION_FAULTS);
  const line = () => {
    const at = new Date().toISOString();
    const struck = meeting.struck();
    return {
      kind: 'request',
      at,
      operation,
      orderId,
      requestId,
      reference,
      fault: struck,
    } as const;
  };
  return meetFault(c, fault, meeting, {
    leave: () => carrier.book.append([], { ...line(), outcome: 'not-executed', status: null }),
    async execute() {
      const { status, body, effect } = execute(carrier, asked, meeting);
      const outcome = effect === undefined ? 'repeated' : 'executed';
      if (effect !== undefined) carrier.shipments.set(reference, effect);
      const effects = effect === undefined ? [] : [effect];
      await carrier.book.append(effects, { ...line(), outcome, status });
      return body === null ? c.body(null, 204) : c.json(body, status as ContentfulStatusCode);
    },
  });
}

function execute(carrier: Carrier, asked: Asked, meeting: Meeting): Answer {
  const at = new Date().toISOString();
  return asked.operation === 'cancel'
    ? callBack(carrier, asked, at)
    : ship(carrier, asked, at, meeting);
}

function ship(
  carrier: Carrier,
  asked: Asked & { operation: 'request' },
  at: string,
  meeting: Meeting,
): Answer {
  const known = carrier.shipments.get(asked.reference);
  if (known !== undefined) return again(known, asked.body);
  const orderId = orderIn(asked.reference);
  const deliverable = asked.deliverable && meeting.strike(['decline']) === undefined;
  const effect: ShipmentEffect = {
    kind: 'effect',
    at,
    operation: 'request',
    effect: deliverable ? 'shipped' : 'refused',
    orderId,
    requestId: asked.requestId,
    reference: asked.reference,
    body: asked.body,
    trackingNumber: deliverable ? `MG${randomBytes(6).toString('hex').toUpperCase()}` : null,
  };
  return { ...answerFor(effect, 201), effect };
}

function again(known: ShipmentEffect, body: string): Answer {
  if (isCalledBack(known)) {
    return problem(410, 'shipment-cancelled', 'This shipment was called back; nothing is shipped.');
  }
  if (known.body !== body) {
    return problem(409, 'reference-reused', 'This reference stands for another shipment.');
  }
  return answerFor(known, 200);
}

function isCalledBack({ effect }: ShipmentEffect): boolean {
  return effect === 'cancelled' || effect === 'tombstone';
}

function answerFor({ effect, reference, trackingNumber }: ShipmentEffect, status: number): Answer {
  return effect === 'refused'
    ? problem(422, 'address-refused', 'The carrier does not deliver to this address.')
    : { status, body: { reference, trackingNumber } };
}

function callBack({ shipments }: Carrier, { reference }: Asked, at: string): Answer {
  const known = shipments.get(reference);
  const gone = { status: 204, body: null };
  if (known !== undefined && isCalledBack(known)) return gone;
  const shipped = known?.effect === 'shipped' ? known : undefined;
  const effect: ShipmentEffect = {
    kind: 'effect',
    at,
    operation: 'cancel',
    effect: shipped === undefined ? 'tombstone' : 'cancelled',
    orderId: orderIn(reference),
    requestId: shipped?.requestId ?? null,
    reference,
    body: null,
    trackingNumber: shipped?.trackingNumber ?? null,
  };
  return { ...gone, effect };
}

function problem(status: number, code: string, detail: string): Answer {
  return { status, body: { code, detail } };
}
