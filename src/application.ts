import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type AppOptions } from './app.module.js';
import { plainRequestId, refusePath } from './platform/http/request-id.js';
import { FrameworkLogger } from './platform/telemetry/framework-logger.js';

/** The one application: a server listens with it, a command that works on the domain only initializes it. */
export async function createApplication(options: AppOptions): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(options),
    // The token of a download is a parameter, and longer than Fastify expects of one.
    new FastifyAdapter({
      routerOptions: { maxParamLength: 4096 },
      genReqId: plainRequestId,
      frameworkErrors: refusePath,
    }),
    // The server writes its own log lines and start errors, and reads bodies itself:
    // platform/http/door.
    { logger: false, abortOnError: false, bodyParser: false },
  );
  app.useLogger(app.get(FrameworkLogger));
  return app;
}
