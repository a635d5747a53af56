package main

import rego.v1

# Written by `mainstay export rego`. An answer is true, false, or null where the template does not tell: a value that
# an intrinsic function makes is known when the stack is deployed. A resource is denied where it surely is not as
# expected.

maybe := {"Fn::If": []}

# -- three values

both(answers) := false if {
	false in answers
} else := null if {
	null in answers
} else := true

either(answers) := true if {
	true in answers
} else := null if {
	null in answers
} else := false

negated(answer) := null if {
	answer == null
} else := true if {
	answer == false
} else := false

# -- values of a template

absent(value) if value == null

absent(value) if value == {"Ref": "AWS::NoValue"}

intrinsic(value) if {
	is_object(value)
	count(value) == 1
	some key in object.keys(value)
	made_by_function(key)
}

made_by_function(key) if key == "Ref"

made_by_function(key) if startswith(key, "Fn::")

# An intrinsic function that surely gives something.
surely_set(value) if {
	some key in object.keys(value)
	key in {"Ref", "Fn::Base64", "Fn::GetAtt", "Fn::Join", "Fn::Sub"}
}

doubtful(value) if {
	intrinsic(value)
	not surely_set(value)
}

# The elements that a value is: of a list its elements, of lists of lists all of theirs.
opened(value) := [] if {
	absent(value)
} else := [element |
	walk(value, [path, element])
	not is_array(element)
	not absent(element)
	every step in path { is_number(step) }
] if {
	has_list(value)
} else := [element | some element in value; not absent(element)] if {
	is_array(value)
} else := [value]

has_list(value) if {
	is_array(value)
	some element in value
	is_array(element)
}

# What stands under a name of each value; `usual` is what the service does where nothing stands there.
under(values, name, usual) := [element |
	some value in values
	some element in below(value, name, usual)
]

below(value, name, usual) := [maybe] if {
	intrinsic(value)
} else := [maybe] if {
	is_object(value)
	value["mainstay::rest"]
	not name in object.keys(value)
} else := opened(or_usual(object.get(value, name, null), usual)) if {
	is_object(value)
} else := []

or_usual(value, usual) := usual if {
	absent(value)
} else := value

under_all(values) := [element |
	some value in values
	some child in children(value)
	some element in opened(child)
]

children(value) := [maybe] if {
	intrinsic(value)
} else := [child | child := value[_]] if {
	is_object(value)
} else := []

# -- comparisons

spelled(value) := value if {
	is_string(value)
} else := "true" if {
	value == true
} else := "false" if {
	value == false
} else := format_int(value, 10) if {
	floor(value) == value
} else := sprintf("%v", [value])

text(value, cased) := spelled(value) if {
	cased
} else := lower(spelled(value))

exists(values) := either([answer | some value in values; answer := there(value)])

there(value) := null if {
	doubtful(value)
} else := true

# An answer that is given of an element which perhaps is not there at all.
perhaps(element, answer) := null if {
	doubtful(element)
	answer == true
} else := answer

equals(values, wanted, cased) := either([answer |
	some value in values
	answer := equal(value, wanted, cased)
])

equal(value, wanted, cased) := null if {
	intrinsic(value)
} else := false if {
	is_object(value)
} else := text(value, cased) in wanted

positioned(values, position, wanted, cased) := either([answer |
	some value in values
	answer := placed(value, position, wanted, cased)
])

placed(value, position, wanted, cased) := null if {
	intrinsic(value)
} else := false if {
	is_object(value)
} else := true if {
	found := text(value, cased)
	some part in wanted
	stands(found, position, part)
} else := false

stands(found, "contains", part) if contains(found, part)

stands(found, "startswith", part) if startswith(found, part)

stands(found, "endswith", part) if endswith(found, part)

stands(found, "equals", part) if found == part

stands(found, "matches", part) if regex.match(part, found)

compares(values, how, wanted) := either([answer |
	some value in values
	answer := ordered(value, how, wanted)
])

ordered(value, how, wanted) := null if {
	intrinsic(value)
} else := null if {
	is_string(value)
	oddly_spelled(value)
} else := true if {
	found := number(value)
	some limit in wanted
	in_order(found, how, limit)
} else := false

number(value) := value if {
	is_number(value)
} else := to_number(value) if {
	is_string(value)
	regex.match(`^-?(0|[1-9][0-9]*)([.][0-9]+)?$`, value)
}

# A number in a form that not every evaluator reads alike: `007`, `+1`, `1e3`.
oddly_spelled(value) if {
	regex.match(`^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$`, value)
	not regex.match(`^-?(0|[1-9][0-9]*)([.][0-9]+)?$`, value)
}

in_order(left, "gt", right) if left > right

in_order(left, "gte", right) if left >= right

in_order(left, "lt", right) if left < right

in_order(left, "lte", right) if left <= right

in_order(left, "equals", right) if left == right

in_order(left, "neq", right) if left != right

same(lefts, rights, position, cased) := either([answer |
	some left in lefts
	some right in rights
	answer := alike(left, right, position, cased)
])

alike(left, right, position, cased) := false if {
	is_object(left)
	not intrinsic(left)
} else := false if {
	is_object(right)
	not intrinsic(right)
} else := null if {
	intrinsic(left)
} else := null if {
	intrinsic(right)
} else := true if {
	stands(text(left, cased), position, text(right, cased))
} else := false

counts(values, how, wanted) := true if {
	not undetermined(values)
	in_order(count(values), how, wanted)
} else := false if {
	not undetermined(values)
} else := open_count(count([value | some value in values; not doubtful(value)]), how, wanted)

undetermined(values) if {
	some value in values
	intrinsic(value)
}

# `least` elements or more.
open_count(least, "gte", wanted) := true if {
	least >= wanted
} else := null

open_count(least, "gt", wanted) := true if {
	least > wanted
} else := null

open_count(least, "lt", wanted) := false if {
	least >= wanted
} else := null

open_count(least, "lte", wanted) := false if {
	least > wanted
} else := null

open_count(least, "equals", wanted) := false if {
	least > wanted
} else := null

open_count(least, "neq", wanted) := true if {
	least > wanted
} else := null

# -- resources

subjects(type) := [subject |
	some name
	resource := input.Resources[name]
	resource.Type == type
	subject := [name, properties(resource)]
]

properties(resource) := resource.Properties if {
	is_object(resource.Properties)
} else := {}

denial(id, severity, title, name) := {
	"msg": concat("", [name, ": ", title, " (", id, ", ", severity, ")"]),
	"id": id,
	"severity": severity,
	"resource": name,
}

# Of a type that other resources of a template may add to: each of its own resources, which perhaps has more elements,
# and each of the others as a part of one.
with_pieces(type, lists) := array.concat(
	[[name, opened_up(properties(resource), lists)] |
		some name
		resource := input.Resources[name]
		resource.Type == type
	],
	[[name, {lists[resource.Type]: [properties(resource)], "mainstay::rest": true}] |
		some name
		resource := input.Resources[name]
		lists[resource.Type]
	],
)

opened_up(found, lists) := object.union(found, {list: with_more(object.get(found, list, null)) |
	some list in lists_added_to(lists)
})

lists_added_to(lists) := {list |
	some type
	list := lists[type]
	some resource in input.Resources
	resource.Type == type
}

with_more(value) := [maybe] if {
	absent(value)
} else := [value, maybe]
