/**
 * Starts, cancels and describes sagas on Temporal. Every call has a deadline, because nothing that
 * was accepted depends on its outcome: the order is in PostgreSQL, and starter and watcher try again.
 */
import {
  Client,
  Connection,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { OrderFacts, OrderRef } from '../domain/order.ts';
import type { RefundFacts, RefundRef } from '../domain/refund.ts';
import { inWords } from '../domain/money.ts';
import { Unavailable } from '../domain/wrong.ts';
import {
  CHECKOUT,
  checkoutWorkflowId,
  PAYMENT_HEARD,
  REFUND,
  refundWorkflowId,
  RESOLVE_STEP,
} from '../workflows/contract.ts';
import type { CheckoutInput, RefundInput } from '../workflows/contract.ts';
import { describeRun } from './describe.ts';
import { createListing, listingOf } from './listed.ts';
import type { Listing } from './listed.ts';
import type { SagaClient } from './ports.ts';
import { reconcilerScheduleId } from './schedule.ts';

export interface SagaClientOptions {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string | undefined;
  readonly taskQueue: string;
  readonly budgets?: CheckoutInput['budgets'];
  /** Told when runs start without the search attributes, because the namespace lacks them. */
  readonly onUnlisted?: (detail: string) => void;
}

// A start that takes longer is given up and left to the starter, so that a Temporal which swallows
// calls does not gather them here.
const DEADLINE_MS = 2_000;

/** Connects lazily: the API starts, and accepts orders, while Temporal is down. */
export function connectSagaClient({
  address,
  namespace,
  apiKey,
  taskQueue,
  budgets,
  onUnlisted = () => undefined,
}: SagaClientOptions): SagaClient {
  const connection = Connection.lazy({
    address,
    // No retries of its own: one that is due when the connection is closed throws from a timer, which
    // ends the process in the middle of its drain. The starter and the watcher try again.
    interceptors: [],
    ...(apiKey !== undefined && { apiKey, tls: true }),
  });
  const client = new Client({ connection, namespace });

  const { ask, settle } = underDeadline(client);
  const list = createListing(onUnlisted);

  return {
    async startCheckout(order) {
      const input: CheckoutInput = { order, budgets };
      const start = (listing: Listing) =>
        client.workflow.start(CHECKOUT, {
          workflowId: checkoutWorkflowId(order.id),
          taskQueue,
          args: [input],
          ...startOnce(order),
          staticSummary: summaryOf(order),
          ...listing,
        });
      const startListed = () => list(listingOf(order, 'accepted'), start);
      await settle('start the order', startListed, WorkflowExecutionAlreadyStartedError);
    },

    async startRefund(refund) {
      const input: RefundInput = { refund, budgets };
      const start = (listing: Listing) =>
        client.workflow.start(REFUND, {
          workflowId: refundWorkflowId(refund.id),
          taskQueue,
          args: [input],
          ...startOnce(refund),
          staticSummary: refundSummaryOf(refund),
          ...listing,
        });
      const startListed = () => list(listingOf(refund, 'requested'), start);
      await settle('start the refund', startListed, WorkflowExecutionAlreadyStartedError);
    },

    ...hinting(client, taskQueue, settle),

    describe: (id, patienceSeconds) =>
      ask('describe the run', () => describeRun(client, id, patienceSeconds * 1_000)),

    async wakeStep(id, resolution) {
      const handle = client.workflow.getHandle(id);
      await ask('wake the step', () =>
        handle.executeUpdate(RESOLVE_STEP, { args: [resolution] }).catch(sayWhy),
      );
    },

    async ready() {
      try {
        await client.withDeadline(Date.now() + DEADLINE_MS, () =>
          connection.workflowService.getSystemInfo({}),
        );
        return true;
      } catch {
        return false;
      }
    },

    close: () => connection.close(),
  };
}

/** What makes somebody look sooner; what is so stands in the books. */
function hinting(
  client: Client,
  taskQueue: string,
  settle: ReturnType<typeof underDeadline>['settle'],
): Pick<SagaClient, 'cancelCheckout' | 'hearPayment' | 'reconcileNow'> {
  return {
    async cancelCheckout(id) {
      const cancel = () => client.workflow.getHandle(checkoutWorkflowId(id)).cancel();
      await settle('cancel the order', cancel, WorkflowNotFoundError);
    },
    async hearPayment(id) {
      const tell = () => client.workflow.getHandle(checkoutWorkflowId(id)).signal(PAYMENT_HEARD);
      await settle('hear of the payment', tell, WorkflowNotFoundError);
    },
    async reconcileNow() {
      const schedule = client.schedule.getHandle(reconcilerScheduleId(taskQueue));
      const trigger = () => schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
      await settle('run the reconciler', trigger, ScheduleNotFoundError);
    },
  };
}

/** What the run has against an update is in the cause. */
function sayWhy(error: unknown): never {
  throw error instanceof WorkflowUpdateFailedError && error.cause ? error.cause : error;
}

function underDeadline(client: Client) {
  /** Runs one call under the deadline. */
  const ask = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(Date.now() + DEADLINE_MS, call);
    } catch (error) {
      throw new Unavailable(`Temporal did not ${what}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };

  /** `settled` names the errors that mean "it is so already". */
  const settle = async (what: string, call: () => Promise<unknown>, settled: ErrorClass) => {
    await ask(what, () =>
      call().catch((error: unknown) => {
        if (!(error instanceof settled)) throw error;
      }),
    );
  };
  return { ask, settle };
}

type ErrorClass =
  | typeof WorkflowExecutionAlreadyStartedError
  | typeof WorkflowNotFoundError
  | typeof ScheduleNotFoundError;

/** What has completed never runs again; what was terminated can. */
function startOnce({ requestId, tenantId }: OrderRef | RefundRef) {
  return {
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    memo: { requestId, tenantId },
  };
}

// Temporal refuses a summary of more than 400 bytes; it suggests 200.
const SUMMARY_LENGTH = 120;

function summaryOf({ amountMinor, currency, lines }: OrderFacts): string {
  const list = lines.map(({ sku, quantity }) => `${quantity} x ${sku}`).join(', ');
  const short = list.length > SUMMARY_LENGTH ? `${lines.length} lines` : list;
  return `${short} for ${inWords({ amountMinor: BigInt(amountMinor), currency })}`;
}

function refundSummaryOf({ orderId, amountMinor, currency }: RefundFacts): string {
  return `refund of ${inWords({ amountMinor: BigInt(amountMinor), currency })} for ${orderId}`;
}
