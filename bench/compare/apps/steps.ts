/**
 * The five steps of a checkout as the peers' programs call them. As no-ops they do nothing at all,
 * so that what is measured is the engine; as the real ones they make the same calls as makegood's:
 * stock and a status row in PostgreSQL, three calls to the gateway, one to the carrier, one mail.
 * They are an ordinary shop's: one row per order, safe to repeat, and no books beyond that.
 */
import pg from 'pg';
import { createCarrier } from '../../../src/adapters/carrier/index.ts';
import { createMailer } from '../../../src/adapters/smtp/index.ts';
import { createStripeGateway } from '../../../src/adapters/stripe/index.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { orderOf } from '../../../src/launcher/samples.ts';
import { skuOf } from '../shelf.ts';

export interface Steps {
  reserveStock(id: string): Promise<void>;
  /** Answers the ID of the payment intent. */
  authorizePayment(id: string): Promise<string>;
  capturePayment(id: string, intentId: string): Promise<void>;
  requestShipment(id: string): Promise<void>;
  sendReceipt(id: string): Promise<void>;
  releaseStock(id: string): Promise<void>;
  voidAuthorization(id: string, intentId: string): Promise<void>;
}

/** Which of the two is said by the environment. */
export function createSteps(environment: NodeJS.ProcessEnv): Steps {
  return environment['BENCH_WORK'] === 'checkout' ? realSteps(environment) : noOps;
}

const nothing = () => Promise.resolve();

const noOps: Steps = {
  reserveStock: nothing,
  authorizePayment: () => Promise.resolve('intent'),
  capturePayment: nothing,
  requestShipment: nothing,
  sendReceipt: nothing,
  releaseStock: nothing,
  voidAuthorization: nothing,
};

/** What the programs of the peers find in PostgreSQL. */
export const SHOP_TABLES = `
  CREATE TABLE shelf (sku text PRIMARY KEY, available integer NOT NULL CHECK (available >= 0));
  CREATE TABLE purchase (id text PRIMARY KEY, sku text NOT NULL, status text NOT NULL, intent text)`;

// Long enough for a busy machine: a benchmark that gives up measures nothing.
const TIMEOUT_MS = 10_000;

const { customer, shippingAddress: address, paymentMethod } = orderOf();

function realSteps(environment: NodeJS.ProcessEnv): Steps {
  const text = (name: string) => environment[name] ?? '';
  // As many connections as makegood's worker has.
  const pool = new pg.Pool({ connectionString: text('DATABASE_URL'), max: 10 });
  const gateway = createStripeGateway({
    secretKey: text('STRIPE_SECRET_KEY'),
    apiBase: text('STRIPE_API_BASE'),
  });
  const carrier = createCarrier({ baseUrl: text('CARRIER_URL') });
  const mailer = createMailer({ url: text('SMTP_URL'), from: 'shop@example.com' });
  const keyed = (id: string, what: string) => ({ key: `${id}:${what}`, timeoutMs: TIMEOUT_MS });
  const query = (name: string, sql: string, values: unknown[]) =>
    pool.query({ name, text: sql, values });
  const setStatus = async (id: string, status: string) => {
    await query('status', 'UPDATE purchase SET status = $2 WHERE id = $1', [id, status]);
  };
  return {
    async reserveStock(id) {
      await query('reserve', RESERVE, [id, skuOf(id)]);
    },
    async authorizePayment(id) {
      const amount = { amountMinor: 1_000n, currency: 'EUR' };
      const orderId = id as OrderId;
      const wanted = { orderId, requestId: id, installation: 'bench', amount, paymentMethod };
      const intent = await gateway.createIntent(wanted, keyed(id, 'create'));
      await query(
        'authorize',
        `UPDATE purchase SET status = 'authorized', intent = $2 WHERE id = $1`,
        [id, intent.id],
      );
      const { status } = await gateway.confirmIntent(intent.id, keyed(id, 'confirm'));
      if (status !== 'requires_capture') throw new Error(`the intent is ${status}`);
      return intent.id;
    },
    async capturePayment(id, intentId) {
      const { status } = await gateway.captureIntent(intentId, keyed(id, 'capture'));
      if (status !== 'succeeded') throw new Error(`the intent is ${status}`);
      await setStatus(id, 'paid');
    },
    async requestShipment(id) {
      const lines = [{ sku: skuOf(id), quantity: 1 }];
      const shipment = { reference: id, requestId: id, address, lines };
      await carrier.requestShipment(shipment as never, { timeoutMs: TIMEOUT_MS });
      await setStatus(id, 'shipped');
    },
    async sendReceipt(id) {
      const to = { name: customer.name, address: customer.email };
      const mail = { messageId: `<${id}@bench.example>`, to, subject: 'Thanks', text: RECEIPT };
      await mailer.send(mail, { timeoutMs: TIMEOUT_MS });
      await setStatus(id, 'completed');
    },
    async releaseStock(id) {
      await query('release', RELEASE, [id]);
    },
    async voidAuthorization(id, intentId) {
      await gateway.cancelIntent(intentId, keyed(id, 'cancel'));
      await setStatus(id, 'voided');
    },
  };
}

/** Takes a unit only with the row that says so: a repeat takes nothing. */
const RESERVE = `
  WITH placed AS (
    INSERT INTO purchase (id, sku, status) VALUES ($1, $2, 'reserved')
    ON CONFLICT DO NOTHING RETURNING sku)
  UPDATE shelf SET available = available - 1 FROM placed WHERE shelf.sku = placed.sku`;

const RELEASE = `
  WITH gone AS (
    UPDATE purchase SET status = 'released' WHERE id = $1 AND status <> 'released' RETURNING sku)
  UPDATE shelf SET available = available + 1 FROM gone WHERE shelf.sku = gone.sku`;

const RECEIPT = `Dear ${customer.name},\n\nthank you for your order. It is on its way.\n`;
