/** Connect-Timeout-Ms as milliseconds; undefined if it is no timeout. */
export function connectTimeoutMs(value: string): number | undefined {
  return /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** grpc-timeout as milliseconds; undefined if it is no timeout. */
export function grpcTimeoutMs(value: string): number | undefined {
  return /^\d{1,8}[HMSmun]$/.test(value) ? Number(value.slice(0, -1)) * unitMs[value.at(-1)!]! : undefined;
}
