"""The tree of commands. Their modules import what is heavy when they are called."""

from cyclopts import App

import berthline
from berthline.cli import database, saga
from berthline.cli.demo import demo
from berthline.cli.doctor import doctor
from berthline.cli.explain import explain
from berthline.cli.hosts import draining, host, losing, replacing
from berthline.cli.install import install
from berthline.cli.passwords import renew_passwords
from berthline.cli.roles import api, worker
from berthline.cli.seed import openrc, seed
from berthline.cli.simulate import simulate
from berthline.cli.trace import trace
from berthline.cli.up import up
from berthline.cli.waterfall import waterfall

app = App(
    name="berthline",
    help="A cloud in one process: boots servers and gives each one its networks, over OpenStack's APIs.",
    version=berthline.__version__,
)
app.command(up)
app.command(api)
app.command(worker)
app.command(simulate)
app.command(demo)
app.command(doctor)
app.command(explain)
app.command(trace)
app.command(install)
app.command(waterfall)
app.command(renew_passwords)
app.command(seed)
app.command(openrc)
databases = App(name="db", help="Move a cloud to another database, and look whether one is whole.")
databases.command(database.copy)
databases.command(database.check)
app.command(databases)
sagas = App(name="saga", help="Look at work that happens in steps, and at what it left undone.")
sagas.command(saga.list_sagas, name="list")
sagas.command(saga.show)
app.command(sagas)
hosts = App(name="host", help="Add hosts to a cloud that runs, look at, change, drain, lose, replace and remove them.")
hosts.command(host.add)
hosts.command(host.list_hosts, name="list")
hosts.command(host.show)
hosts.command(host.enable)
hosts.command(host.disable)
hosts.command(replacing.set_options, name="set")
hosts.command(draining.drain)
hosts.command(replacing.replace)
hosts.command(losing.lost)
hosts.command(host.remove)
app.command(hosts)
