import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';
import { FileObjects } from './file-objects.js';
import { attachment, ObjectStore } from './object-store.js';
import { jsonDoor, UseDoor } from '../http/door/index.js';

/** `GET /objects/<token>`: what a link of FileObjects leads to. The token is the whole credential, for an hour. */
@UseDoor(jsonDoor)
@Controller('objects')
export class ObjectsController {
  constructor(private readonly objects: ObjectStore) {}

  @Get(':token')
  @Header('cache-control', 'private, no-store')
  @Header('x-content-type-options', 'nosniff')
  async download(@Param('token') token: string): Promise<StreamableFile> {
    const found = this.objects instanceof FileObjects ? await this.objects.follow(token) : undefined;
    if (!found) throw new NotFoundException();
    const { file, size: length, filename, contentType: type } = found;
    return new StreamableFile(file.createReadStream(), { type, length, disposition: attachment(filename) });
  }
}
