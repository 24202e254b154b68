import { seedCast } from './cast.js';
import type { TestServer } from './test-server.js';

/** What callers of the analytics send to be themselves. */
export interface AnalyticsCallers {
  /** A write key of the documented contract. */
  readonly sdk: Record<string, string>;
  /** A read key of the documented contract. */
  readonly shared: Record<string, string>;
  /** A write key of the shipped contract. */
  readonly public: Record<string, string>;
  /** A key of the shipped contract that reads and writes. */
  readonly private: Record<string, string>;
  /** A super admin of the organization. */
  readonly admin: Record<string, string>;
}

/** The callers of one project. */
export async function analyticsCallers(server: TestServer): Promise<AnalyticsCallers> {
  const { alice } = await seedCast(server);
  const admin = alice.headers as Record<string, string>;
  return { sdk: admin, shared: admin, public: admin, private: admin, admin };
}
