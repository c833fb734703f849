/**
 * Loaded into a worker before its main (`node --import`), and by Node into its threads too. Temporal's
 * SDK keeps a stack for every promise that a workflow makes, for the "Call Stack" of its UI: a third of
 * that thread's time. Where V8 has no promise hooks it does without, and says so once. Where a run waits
 * is told by its progress, in words (docs/decisions/0027).
 */
import v8 from 'node:v8';
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) Reflect.deleteProperty(v8, 'promiseHooks');
