import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { ApiKeyEntity, ApiKeyModule } from './modules/api-key/index.js';
import { AuditModule } from './modules/audit/index.js';
import { AuthModule } from './modules/auth/index.js';
import { AuthorizationModule } from './modules/authorization/index.js';
import { CampaignModule } from './modules/campaign/index.js';
import { DeeplinkModule } from './modules/deeplink/index.js';
import { DeviceEntity, DeviceModule } from './modules/device/index.js';
import { FixtureModule } from './modules/fixture/index.js';
import { GroupModule } from './modules/group/index.js';
import { IdentityModule } from './modules/identity/index.js';
import { InboxModule } from './modules/inbox/index.js';
import { InviteLinkModule } from './modules/invite-link/index.js';
import { MemberEntity, MemberModule } from './modules/member/index.js';
import { OrganizationEntity, OrganizationModule } from './modules/organization/index.js';
import { PasskeyModule } from './modules/passkey/index.js';
import { PrivacyModule } from './modules/privacy/index.js';
import { RenderModule } from './modules/render/index.js';
import { RoleEntity, RoleModule } from './modules/role/index.js';
import { ScimModule } from './modules/scim/index.js';
import { PagesModule } from './modules/pages/index.js';
import { SsoModule } from './modules/sso/index.js';
import { TeamModule } from './modules/team/index.js';
import { TemplateEntity, TemplateModule, TemplateVersionEntity } from './modules/template/index.js';
import { UpcomingModule } from './modules/upcoming/index.js';
import { ClockModule } from './platform/clock/clock.module.js';
import { ConfigModule } from './platform/config/config.module.js';
import type { Config } from './platform/config/index.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { MailModule } from './platform/mail/index.js';
import { ObjectStoreModule } from './platform/object-store/index.js';
import { PlatformModule } from './platform/platform.module.js';

const entities = [
  ApiKeyEntity,
  DeviceEntity,
  MemberEntity,
  OrganizationEntity,
  RoleEntity,
  TemplateEntity,
  TemplateVersionEntity,
];

export interface AppOptions {
  config: Config;
  masterKey: Buffer;
  /** Connection of the app role. */
  databaseUrl: string;
  log: Logger;
}

/** The whole server: the platform, and one module for each word of the domain. */
@Module({})
export class AppModule {
  static with({ config, masterKey, databaseUrl, log }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, masterKey),
        LoggerModule.forRoot({ pinoHttp: { logger: log, autoLogging: false } }),
        ClockModule,
        DatabaseModule.with(
          { url: databaseUrl, poolSize: config.database.poolSize, applicationName: 'dovecote', entities },
          log,
        ),
        PlatformModule,
        MailModule,
        ObjectStoreModule,
        ApiKeyModule,
        AuditModule,
        AuthModule,
        AuthorizationModule,
        CampaignModule,
        DeeplinkModule,
        DeviceModule,
        FixtureModule,
        GroupModule,
        IdentityModule,
        InboxModule,
        InviteLinkModule,
        MemberModule,
        OrganizationModule,
        PasskeyModule,
        PrivacyModule,
        RenderModule,
        RoleModule,
        ScimModule,
        PagesModule,
        SsoModule,
        TeamModule,
        TemplateModule,
        UpcomingModule,
      ],
    };
  }
}
