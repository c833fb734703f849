/**
 * The errors of Stripe's API that a shop meets, with Stripe's statuses, types, codes and words.
 */
import type { z } from 'zod';
import { refusalOf } from '../wire.ts';
import type { IntentState, Json } from './model.ts';
import { declineShape, intentShape } from './shapes.ts';

export class StripeProblem extends Error {
  readonly status: number;
  readonly body: Json;
  /**
   * Whether an idempotency key remembers this answer. Stripe stores what an endpoint answered once
   * it began to execute; malformed requests and clashes of keys come before that.
   */
  readonly stored: boolean;

  constructor(status: number, error: Json, { stored = true } = {}) {
    super(String(error['message']));
    this.status = status;
    this.body = { error };
    this.stored = stored;
  }
}

export function noSuch(object: string, id: string, param: string, status = 404): StripeProblem {
  return new StripeProblem(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${object}: '${id}'`,
    param,
  });
}

export function cardDeclined(intent: IntentState): StripeProblem {
  if (intent.lastDecline === null) throw new Error('Bug: no decline to tell of');
  return new StripeProblem(402, {
    ...declineShape(intent.lastDecline),
    charge: intent.chargeId,
    payment_intent: intentShape(intent),
  });
}

export function unexpectedState(intent: IntentState, message: string): StripeProblem {
  return new StripeProblem(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message,
    payment_intent: intentShape(intent),
  });
}

export function tooMuchToCapture({ capturable }: IntentState): StripeProblem {
  return new StripeProblem(400, {
    type: 'invalid_request_error',
    code: 'amount_too_large',
    message: `The requested capture amount is greater than the amount you can capture (${capturable}).`,
    param: 'amount_to_capture',
  });
}

export function notInParts(): StripeProblem {
  return new StripeProblem(400, {
    type: 'invalid_request_error',
    message: 'final_capture can only be false where multicapture was requested and is available.',
    param: 'final_capture',
  });
}

export function refundRefused(message: string, code?: string): StripeProblem {
  return new StripeProblem(400, {
    type: 'invalid_request_error',
    ...(code === undefined ? { param: 'amount' } : { code }),
    message,
  });
}

export function unauthorized(apiKey: string | undefined): StripeProblem {
  const message =
    apiKey === undefined
      ? 'You did not provide an API key.'
      : `Invalid API Key provided: ${apiKey.slice(0, 3)}****`;
  return new StripeProblem(401, { type: 'invalid_request_error', message }, { stored: false });
}

export function keyReused(key: string, used: 'endpoint' | 'parameters'): StripeProblem {
  const rule =
    used === 'endpoint'
      ? 'for the same endpoint they were first used for'
      : 'with the same parameters they were first used with';
  const message =
    `Keys for idempotent requests can only be used ${rule}. Try using a key other than ` +
    `'${key}' if you meant to execute a different request.`;
  return new StripeProblem(400, { type: 'idempotency_error', message }, { stored: false });
}

export function keyInUse(key: string): StripeProblem {
  const message =
    'There is currently another in-progress request using this Idempotent Key (that probably ' +
    'means you submitted twice, and the other request is still going through): ' +
    `${key}. Please try again later.`;
  const error = { type: 'idempotency_error', code: 'idempotency_key_in_use', message };
  return new StripeProblem(409, error, { stored: false });
}

export function internalError(): StripeProblem {
  return new StripeProblem(500, refusalOf(500).error);
}

/** The first thing wrong with the parameters, in Stripe's words. */
export function invalidParameters(error: z.ZodError): StripeProblem {
  const [issue] = error.issues;
  if (issue === undefined) throw new Error('Bug: nothing is wrong with the parameters');
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const param = [...issue.path, ...(unknown === undefined ? [] : [unknown])].join('.');
  const [code, message] =
    unknown !== undefined
      ? ['parameter_unknown', `Received unknown parameter: ${param}`]
      : issue.input === undefined && issue.code === 'invalid_type'
        ? ['parameter_missing', `Missing required param: ${param}.`]
        : ['parameter_invalid', `Invalid ${param}: ${issue.message}`];
  return new StripeProblem(
    400,
    { type: 'invalid_request_error', code, message, param },
    { stored: false },
  );
}
