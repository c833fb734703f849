/** Temporal's cancellation scopes, as far as the engine uses them. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #shielded: boolean;
  readonly children = new Set<Scope>();
  readonly #onCancel = new Set<() => void>();
  #cancelled: boolean;
  #over = false;

  constructor(parent?: Scope, shielded = false) {
    this.#parent = parent;
    this.#shielded = shielded;
    this.#cancelled = !shielded && parent !== undefined && parent.cancelled;
    parent?.children.add(this);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const tell of [...this.#onCancel]) tell();
    for (const child of this.children) if (!child.#shielded) child.cancel();
  }

  /** A race that is decided: who lost it speaks no more. */
  end(): void {
    this.#over = true;
    this.#parent?.children.delete(this);
    this.cancel();
  }

  /** Where whoever was in here goes on. */
  living(): Scope {
    return this.#over && this.#parent !== undefined ? this.#parent.living() : this;
  }

  leave(): void {
    this.#parent?.children.delete(this);
  }

  onCancel(tell: () => void): () => void {
    this.#onCancel.add(tell);
    return () => this.#onCancel.delete(tell);
  }
}
