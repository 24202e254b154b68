import { readFileSync } from 'node:fs';
import { Global, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { createEnvelope, type Envelope } from '@dovecote/secret';
import type { Client } from 'pg';
import { PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { Abilities } from './access/ability.js';
import { AccessGuard } from './pipeline/access.guard.js';
import { backupTask } from './backup/backup.job.js';
import { AccessTokens } from './caller/access-tokens.js';
import { ApiKeyDirectory, ScimTokenDirectory } from './caller/api-keys.directory.js';
import { CallerGuard } from './pipeline/caller.guard.js';
import type { InternalProof } from './caller/credential.js';
import { ExternalTokens } from './caller/external-tokens.js';
import { MembershipDirectory } from './caller/memberships.directory.js';
import { EventCountGuard } from './pipeline/event-count.guard.js';
import { ProjectGuard } from './pipeline/project.guard.js';
import { MessageOrganizationGuard } from './pipeline/message-organization.guard.js';
import { OrganizationGuard } from './pipeline/organization.guard.js';
import { OrganizationThrottleGuard } from './pipeline/organization-throttle.guard.js';
import { RevocationFeed } from './caller/revocation-feed.js';
import { SessionDirectory } from './caller/sessions.directory.js';
import { SigningKeys } from './caller/signing-keys.js';
import { Arrivals } from './caller/arrivals.js';
import { EntryCheck } from './caller/entry-check.js';
import { AccessTokenStrategy, ApiKeyStrategy, ProjectKeyStrategy } from './caller/strategies.js';
import { ProjectDirectory } from './caller/projects.directory.js';
import { ProjectKeyDirectory } from './caller/project-keys.directory.js';
import { UsageRecorder } from './caller/usage-recorder.js';
import { Clock } from './clock/clock.js';
import { DatabaseClock } from './clock/database-clock.js';
import { CONFIG, MASTER_KEY } from './config/config.module.js';
import { readAcceptedKey } from './data-folder/index.js';
import type { Config } from './config/index.js';
import { Database } from './database/index.js';
import { DATABASE_CLIENT, DATABASE_URL } from './database/database.module.js';
import { HealthController } from './http/health.controller.js';
import { KeysController } from './http/keys.controller.js';
import { DoorExit, Doors } from './http/door/index.js';
import { Readiness } from './http/readiness.js';
import { requestAddress } from './http/request-address.js';
import { RequestRecords } from './http/request-records.js';
import { Heartbeat } from './worker/heartbeat.js';
import { TimesAhead } from './worker/times-ahead.js';
import { QueueMetrics } from './worker/queue-metrics.js';
import { Worker } from './worker/worker.js';
import { NameLookup } from './outbound/name-lookup.js';
import { OutboundClient } from './outbound/outbound-client.js';
import { Paging } from './paging/paging.js';
import { ProjectPages } from './paging/project-pages.js';
import { DataSubjects, PersonalData } from './personal-data/index.js';
import { ConnectStrategy } from './rpc/connect.strategy.js';
import { connectOptions } from './rpc/connect-options.js';
import { ErrorExit } from './rpc/error-exit.js';
import { RpcErrorFilter } from './pipeline/rpc-error.filter.js';
import { ValidationGuard } from './pipeline/validation.guard.js';
import { Scopes } from './scope/index.js';
import { CallRecords } from './telemetry/call-records.js';
import { FrameworkLogger } from './telemetry/framework-logger.js';
import { Metrics } from './telemetry/metrics.js';
import { AddressThrottle } from './throttle/address-throttle.js';
import { AddressThrottleGuard } from './pipeline/address-throttle.guard.js';
import { ThrottleModule } from './throttle/throttle.module.js';

export const ENVELOPE = Symbol('envelope');

/** Every cross-cutting thing, exactly once. Classes that need options get them here and nowhere else. */
@Global()
@Module({
  imports: [DiscoveryModule, ThrottleModule],
  controllers: [HealthController, KeysController],
  providers: [
    Abilities,
    AccessTokenStrategy,
    AddressThrottleGuard,
    ApiKeyDirectory,
    ApiKeyStrategy,
    Arrivals,
    EntryCheck,
    EventCountGuard,
    DatabaseClock,
    DoorExit,
    Doors,
    ErrorExit,
    FrameworkLogger,
    Heartbeat,
    TimesAhead,
    MembershipDirectory,
    MessageOrganizationGuard,
    Metrics,
    OrganizationGuard,
    OrganizationThrottleGuard,
    DataSubjects,
    PersonalData,
    ProjectDirectory,
    ProjectGuard,
    ProjectKeyDirectory,
    ProjectKeyStrategy,
    QueueMetrics,
    Readiness,
    RpcErrorFilter,
    ScimTokenDirectory,
    SessionDirectory,
    UsageRecorder,
    ValidationGuard,
    {
      provide: ENVELOPE,
      inject: [MASTER_KEY, CONFIG],
      useFactory: (masterKey: Buffer, config: Config) => {
        const acceptedKey = readAcceptedKey(config);
        return createEnvelope(acceptedKey ? [masterKey, acceptedKey] : masterKey);
      },
    },
    {
      provide: Scopes,
      inject: [Database, Clock, Abilities, CONFIG],
      useFactory: (database: Database, clock: Clock, abilities: Abilities, config: Config) =>
        new Scopes(database, clock, abilities, config.recentSignInMs),
    },
    {
      provide: AccessGuard,
      inject: [Abilities, Clock, CONFIG],
      useFactory: (abilities: Abilities, clock: Clock, config: Config) =>
        new AccessGuard(abilities, clock, config.recentSignInMs),
    },
    {
      provide: Paging,
      inject: [ENVELOPE],
      useFactory: (envelope: Envelope) => new Paging(envelope),
    },
    {
      provide: ProjectPages,
      inject: [ENVELOPE],
      useFactory: (envelope: Envelope) => new ProjectPages(envelope),
    },
    {
      provide: SigningKeys,
      inject: [Database, ENVELOPE],
      useFactory: (database: Database, envelope: Envelope) => new SigningKeys(database, envelope),
    },
    {
      provide: AccessTokens,
      inject: [CONFIG, SigningKeys, Clock],
      useFactory: (config: Config, keys: SigningKeys, clock: Clock) =>
        new AccessTokens(config.tokens, keys, clock),
    },
    {
      provide: NameLookup,
      inject: [CONFIG],
      useFactory: ({ outbound }: Config) => new NameLookup({ servers: outbound.dnsServers }),
    },
    {
      provide: OutboundClient,
      inject: [CONFIG, NameLookup],
      useFactory: ({ outbound: { allowedHosts, caFile } }: Config, names: NameLookup) =>
        new OutboundClient({
          allowedHosts,
          names,
          authorities: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
        }),
    },
    {
      provide: ExternalTokens,
      inject: [CONFIG, OutboundClient, Database, Clock, Arrivals],
      useFactory: (
        config: Config,
        outbound: OutboundClient,
        database: Database,
        clock: Clock,
        arrivals: Arrivals,
      ) => new ExternalTokens(config.tokens.external, outbound, database, clock, arrivals),
    },
    {
      provide: RevocationFeed,
      inject: [DATABASE_URL, DATABASE_CLIENT, Database, PinoLogger],
      useFactory: (url: string, client: typeof Client, database: Database, log: PinoLogger) =>
        new RevocationFeed(url, client, database, log),
    },
    {
      provide: CallerGuard,
      inject: [CONFIG, AddressThrottle, ApiKeyStrategy, AccessTokenStrategy, ProjectKeyStrategy],
      useFactory: (
        config: Config,
        throttle: AddressThrottle,
        keys: ApiKeyStrategy,
        tokens: AccessTokenStrategy,
        projectKeys: ProjectKeyStrategy,
      ) => new CallerGuard({ internal: internalProof(config) }, throttle, keys, tokens, projectKeys),
    },
    {
      provide: CallRecords,
      inject: [CONFIG, Metrics, PinoLogger],
      useFactory: (config: Config, metrics: Metrics, log: PinoLogger) =>
        new CallRecords(metrics, accessLog(config, log)),
    },
    {
      provide: RequestRecords,
      inject: [CONFIG, Metrics, PinoLogger],
      useFactory: (config: Config, metrics: Metrics, log: PinoLogger) =>
        new RequestRecords(metrics, accessLog(config, log), requestAddress(config.http.trustedProxies)),
    },
    {
      provide: ConnectStrategy,
      inject: [CONFIG, Scopes, ErrorExit, CallRecords, AddressThrottle, PinoLogger],
      useFactory: async (
        config: Config,
        scopes: Scopes,
        exit: ErrorExit,
        records: CallRecords,
        throttle: AddressThrottle,
        log: PinoLogger,
      ) => new ConnectStrategy(await connectOptions(config, log), scopes, exit, records, throttle),
    },
    {
      provide: Worker,
      inject: [
        CONFIG,
        DATABASE_URL,
        DATABASE_CLIENT,
        DiscoveryService,
        Scopes,
        Heartbeat,
        TimesAhead,
        Metrics,
        PinoLogger,
      ],
      useFactory: (
        config: Config,
        databaseUrl: string,
        client: typeof Client,
        discovery: DiscoveryService,
        scopes: Scopes,
        heartbeat: Heartbeat,
        timesAhead: TimesAhead,
        metrics: Metrics,
        log: PinoLogger,
      ) =>
        new Worker(
          {
            databaseUrl,
            client,
            slots: config.worker.slots,
            schedules: { [backupTask.name]: config.backup.schedule },
            graceMs: config.shutdownGraceSeconds * 1000,
          },
          discovery,
          scopes,
          heartbeat,
          timesAhead,
          metrics,
          log,
        ),
    },
  ],
  exports: [
    Abilities,
    AccessTokens,
    Arrivals,
    ConnectStrategy,
    DoorExit,
    EntryCheck,
    ENVELOPE,
    MembershipDirectory,
    Metrics,
    NameLookup,
    OutboundClient,
    Paging,
    DataSubjects,
    PersonalData,
    ProjectPages,
    Readiness,
    RevocationFeed,
    ScimTokenDirectory,
    Scopes,
    SigningKeys,
    UsageRecorder,
  ],
})
export class PlatformModule {}

/** Its lines have a few known fields, none of them secret; looking for secrets in them would cost more than the rest. */
function accessLog({ log: { access } }: Config, { logger }: PinoLogger): Logger | undefined {
  return access ? logger.child({ context: 'access' }, { redact: [] }) : undefined;
}

function internalProof({ internal }: Config): InternalProof {
  return internal.tls ? { kind: 'certificate' } : { kind: 'secret', secret: internal.secret };
}
