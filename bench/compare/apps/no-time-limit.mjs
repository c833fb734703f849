/**
 * For the lever `no-time-limit`: the SDK gives Node a time limit for each call into a workflow's code,
 * and Node starts a thread for each that watches over it. Here it does not; a workflow that never
 * yields then stops its worker for ever.
 */
import vm from 'node:vm';

const { runInContext } = vm.Script.prototype;
vm.Script.prototype.runInContext = function withoutLimit(context, options) {
  return runInContext.call(this, context, { ...options, timeout: undefined });
};
