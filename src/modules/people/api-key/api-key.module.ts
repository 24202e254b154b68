import { Module, type OnModuleInit } from '@nestjs/common';
import { UsageRecorder } from '../../../platform/caller/usage-recorder.js';
import { ApiKeyRpc } from './api-key.rpc.js';
import { ApiKeys } from './api-key.service.js';
import { ApiKeyStore } from './api-key.store.js';
import { apiKeyUsage } from './usage.store.js';

/**
 * An API key lets a program call for one organization, without a person.
 * Invariants: its secret is shown once and stored only as a hash; it holds nothing that its maker does not hold,
 * and does not outlive a key that made it; once revoked it is refused on every server within a second.
 */
@Module({
  controllers: [ApiKeyRpc],
  providers: [ApiKeys, ApiKeyStore],
  exports: [ApiKeys],
})
export class ApiKeyModule implements OnModuleInit {
  constructor(private readonly usage: UsageRecorder) {}

  onModuleInit(): void {
    this.usage.contribute(apiKeyUsage);
  }
}
