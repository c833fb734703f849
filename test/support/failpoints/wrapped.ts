/** An object whose methods are called with something before and after each call. */
interface Around {
  readonly before: () => Promise<void>;
  readonly after: () => Promise<void>;
}

/** `around` is asked at each call; what it leaves undefined is called as it is. */
export function wrapped<Port extends object>(
  port: Port,
  around: (method: string, args: readonly unknown[]) => Around | undefined,
): Port {
  return new Proxy(port, {
    get(target, method) {
      const real = Reflect.get(target, method) as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => {
        const points = around(String(method), args);
        return points === undefined ? real(...args) : between(points, () => real(...args));
      };
    },
  });
}

async function between<T>({ before, after }: Around, call: () => Promise<T>): Promise<T> {
  await before();
  const result = await call();
  await after();
  return result;
}
