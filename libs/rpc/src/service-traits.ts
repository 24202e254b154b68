import type { DescService } from '@bufbuild/protobuf';

/** What a service has otherwise than others. */
export interface ServiceTraits {
  /**
   * Pages of any origin may call it: its answers name the origin and allow credentials, without which browsers do not
   * deliver what sendBeacon sends to another origin. Only for services that read no cookies.
   */
  readonly anyOrigin?: boolean;
  /** It answers under these paths too: `collect` for `/collect/package.Service/Method`. */
  readonly pathPrefixes?: readonly string[];
  /** JSON answers hold fields without presence also when they are zero, empty lists and maps included. */
  readonly zerosInJson?: boolean;
  /**
   * In errors of Connect, a google.rpc.BadRequest with one violation has `field` and `description` beside `type`, `value`
   * and `debug`, for those who read the JSON without a library.
   */
  readonly plainViolations?: boolean;
}

export type TraitsOf = (service: DescService) => ServiceTraits;

export const noTraits: TraitsOf = () => ({});
