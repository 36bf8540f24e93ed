"""Our OVSDB client beside the one of the packages `ovsdbapp` and `ovs`, on a private northbound database."""
