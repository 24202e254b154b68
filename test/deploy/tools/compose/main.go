// Reads Compose files as docker compose does, and prints the project as JSON.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	text, err := project(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(text))
}

func project(files []string) ([]byte, error) {
	options, err := cli.NewProjectOptions(files, cli.WithOsEnv, cli.WithName("dovecote"))
	if err != nil {
		return nil, err
	}
	read, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return read.MarshalJSON()
}
