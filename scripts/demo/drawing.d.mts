export declare function sparkline(values: readonly number[]): string;
export declare function bars(
  rows: readonly { label: string; value: number; suffix?: string }[],
  width?: number,
): string[];
export declare function funnel(
  steps: readonly { label: string; count: number; rate: number }[],
  width?: number,
): string[];
