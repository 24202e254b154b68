export declare class RelatedSpecs {
  constructor(root: string);
  /** The spec files that these files can break; all paths from the root. */
  of(changed: readonly string[]): string[];
}
