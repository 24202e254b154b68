import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { ApiKeyEntity, ApiKeyModule } from './modules/people/api-key/index.js';
import { AuditModule } from './modules/evidence/audit/index.js';
import { AuthModule } from './modules/signin/auth/index.js';
import { AuthorizationModule } from './modules/people/authorization/index.js';
import { AudienceModule } from './modules/messaging/audience/index.js';
import { ApprovalModule } from './modules/messaging/approval/index.js';
import { CampaignModule } from './modules/messaging/campaign/index.js';
import { DeeplinkModule } from './modules/messaging/deeplink/index.js';
import { DeviceEntity, DeviceModule } from './modules/messaging/device/index.js';
import { FixtureModule } from './modules/messaging/fixture/index.js';
import { GroupModule } from './modules/people/group/index.js';
import { SsoLoginModule } from './modules/signin/sso-login/index.js';
import { InboxModule } from './modules/messaging/inbox/index.js';
import { InviteLinkModule } from './modules/people/invite-link/index.js';
import { MemberEntity, MemberModule } from './modules/people/member/index.js';
import { OrganizationAccountsModule } from './modules/accounts/organization/index.js';
import { OrganizationEntity, OrganizationModule } from './modules/people/organization/index.js';
import { PasskeyModule } from './modules/signin/passkey/index.js';
import { PrivacyModule } from './modules/people/privacy/index.js';
import { ProjectModule } from './modules/analytics/project/index.js';
import { RenderModule } from './modules/messaging/render/index.js';
import { ReportModule } from './modules/messaging/report/index.js';
import { RoleEntity, RoleModule } from './modules/people/role/index.js';
import { ScimModule } from './modules/signin/scim/index.js';
import { PagesModule } from './modules/signin/pages/index.js';
import { SsoModule } from './modules/signin/sso/index.js';
import { TestMessageModule } from './modules/messaging/test-message/index.js';
import { SteeringModule } from './modules/messaging/steering/index.js';
import { TeamModule } from './modules/people/team/index.js';
import { WebhookModule } from './modules/messaging/webhook/index.js';
import { TemplateEntity, TemplateModule, TemplateVersionEntity } from './modules/messaging/template/index.js';
import { ActivityModule } from './modules/analytics/activity/index.js';
import { BoardModule } from './modules/analytics/board/index.js';
import { CampaignFeedModule } from './modules/analytics/campaign-feed/index.js';
import { ErasureModule } from './modules/analytics/erasure/index.js';
import { HeatmapModule } from './modules/analytics/heatmap/index.js';
import { InsightModule } from './modules/analytics/insight/index.js';
import { PersonModule } from './modules/analytics/person/index.js';
import { EventModule } from './modules/analytics/event/index.js';
import { ProfileModule } from './modules/analytics/profile/index.js';
import { DataExportModule } from './modules/analytics/data-export/index.js';
import { UsageModule } from './modules/analytics/usage/index.js';
import { DataImportModule } from './modules/analytics/data-import/index.js';
import { ReplayModule } from './modules/analytics/replay/index.js';
import { UpcomingModule } from './modules/analytics/upcoming/index.js';
import { EmailProviderModule } from './modules/accounts/email-provider/index.js';
import { ProjectAccountsModule } from './modules/accounts/project/index.js';
import { CustomerModule } from './modules/accounts/customer/index.js';
import { SignInModule } from './modules/accounts/sign-in/index.js';
import { PasswordModule } from './modules/signin/password/index.js';
import { AnalyticsStoreModule } from './platform/analytics-store/index.js';
import { BackupModule } from './platform/backup/backup.module.js';
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
  /** Its password, where that may change while the process runs. */
  databasePassword?: () => Promise<string>;
  log: Logger;
}

/** The whole server: the platform, and one module for each word of the domain. */
@Module({})
export class AppModule {
  static with({ config, masterKey, databaseUrl, databasePassword, log }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, masterKey),
        LoggerModule.forRoot({ pinoHttp: { logger: log, autoLogging: false } }),
        ClockModule,
        DatabaseModule.with(
          {
            url: databaseUrl,
            password: databasePassword,
            poolSize: config.database.poolSize,
            applicationName: 'dovecote',
            entities,
          },
          log,
        ),
        PlatformModule,
        MailModule,
        ObjectStoreModule,
        AnalyticsStoreModule,
        BackupModule,
        ApiKeyModule,
        AuditModule,
        AuthModule,
        AuthorizationModule,
        AudienceModule,
        ApprovalModule,
        CampaignModule,
        DeeplinkModule,
        DeviceModule,
        EmailProviderModule,
        EventModule,
        FixtureModule,
        GroupModule,
        SsoLoginModule,
        InboxModule,
        InviteLinkModule,
        MemberModule,
        OrganizationModule,
        OrganizationAccountsModule,
        PasskeyModule,
        PrivacyModule,
        ProfileModule,
        DataExportModule,
        DataImportModule,
        ProjectModule,
        ProjectAccountsModule,
        RenderModule,
        ReportModule,
        RoleModule,
        ScimModule,
        PagesModule,
        SsoModule,
        SteeringModule,
        TestMessageModule,
        TeamModule,
        TemplateModule,
        WebhookModule,
        CampaignFeedModule,
        ErasureModule,
        HeatmapModule,
        ReplayModule,
        InsightModule,
        ActivityModule,
        BoardModule,
        PersonModule,
        UpcomingModule,
        PasswordModule,
        CustomerModule,
        SignInModule,
        UsageModule,
      ],
    };
  }
}
