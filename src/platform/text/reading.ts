/** A text in its stored form, or the reason why it is refused, as a predicate of the field. */
export type Reading =
  | { readonly text: string; readonly problem?: undefined }
  | { readonly text?: undefined; readonly problem: string };
