export declare function eventsBefore(instant: number): object[];
export declare function people(): object[];
