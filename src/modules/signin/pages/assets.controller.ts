import { Controller, Get, Header } from '@nestjs/common';
import { passkeyScript } from './passkey-form.js';
import { jsonDoor, UseDoor } from '../../../platform/http/door/index.js';

@UseDoor(jsonDoor)
@Controller('assets')
export class AssetsController {
  @Get('passkey.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('cache-control', 'no-cache')
  @Header('x-content-type-options', 'nosniff')
  passkey(): string {
    return passkeyScript;
  }
}
