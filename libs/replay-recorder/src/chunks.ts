/** Events that wait, as JSON: what changes in the page later does not change them. */
export class Chunks {
  private open: string[] = [];
  private openLength = 0;
  private readonly closed: string[] = [];
  /** Characters in all. */
  private length = 0;

  constructor(private readonly most: number) {}

  get isFull(): boolean {
    return this.length > this.most;
  }

  /** Whether what is not yet a chunk has at least so many characters. */
  isLarge(characters: number): boolean {
    return this.openLength >= characters;
  }

  /** Chunks that are made and not yet sent. */
  get waiting(): number {
    return this.closed.length;
  }

  add(event: string): void {
    this.open.push(event);
    this.openLength += event.length + 1;
    this.length += event.length + 1;
  }

  /** Makes a chunk of what waits. */
  close(): void {
    if (this.open.length === 0) return;
    this.closed.push(`[${this.open.join(',')}]`);
    this.open = [];
    this.openLength = 0;
  }

  /** The oldest chunk, which stays until `shift`. */
  first(): string | undefined {
    return this.closed[0];
  }

  shift(): void {
    this.length -= this.closed.shift()?.length ?? 0;
  }

  /** Takes events from what is not yet a chunk, as many as fit. */
  takeOpen(characters: number): string | undefined {
    let length = 2;
    let count = 0;
    for (const event of this.open) {
      length += event.length + 1;
      if (length > characters) break;
      count++;
    }
    if (count === 0) return undefined;
    const json = `[${this.open.splice(0, count).join(',')}]`;
    this.openLength = this.open.reduce((sum, event) => sum + event.length + 1, 0);
    this.length -= json.length;
    return json;
  }

  clear(): void {
    this.open = [];
    this.openLength = 0;
    this.closed.length = 0;
    this.length = 0;
  }
}
